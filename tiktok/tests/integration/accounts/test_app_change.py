"""The same TikTok user through another app: who is recognised, what is asked, and what a move takes along."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.test import Client

from accounts.models import AuditLogEntry, User
from core.jobs.clock import db_in, db_now
from instances.models import Instance, Notice, NoticeKind
from instances.scoping import instance_scope
from instances.tests.factories import person_of
from tiktok.access.grants import release_retired
from tiktok.access.notices import notify
from tiktok.access.status import _links, _move
from tiktok.accounts.app_change.queries import open_questions
from tiktok.accounts.app_change.services import AlreadyAnswered, Moved, keep_both, move_account
from tiktok.accounts.disconnect import finish_disconnects, start_disconnect
from tiktok.accounts.page.history import history_of
from tiktok.connect.links.services import make_links
from tiktok.models import AccountStatus, ConnectLink, Post, TikTokAccount, TikTokApp, TikTokCredential, WorkItem
from tiktok.tests import races
from tiktok.tests.factories import CredentialFactory, TikTokAppFactory, make_account, make_post, make_submission
from tiktok.tests.fixtures_credentials import CALLBACK
from tiktok.tests.integration.connect.test_connect import begin, state_of
from tiktok.tests.simulator_process import Simulator

pytestmark = pytest.mark.django_db
CARDS = "/i/{}/accounts/"


@pytest.fixture
def old(scoped: Instance) -> TikTokAccount:
    """Linked through the sandbox, named and labelled, four posts waiting."""
    account = through("sandbox", scoped, "old", name="Harbour Yoga", labels=["VIP"], follower_count=3)
    for state in ("scheduled", "due", "waiting_account", "scheduled"):
        make_post(account, state=state)
    return account


@pytest.fixture
def new(old: TikTokAccount) -> TikTokAccount:
    """The same TikTok user, linked through the production app a moment ago."""
    fields: dict[str, Any] = {"name": "harbour", "labels": ["vip", "Yoga"], "follower_count": 7, "synced_at": db_now()}
    return through("production", old.instance, "new", **fields)


def through(environment: str, instance: Instance, open_id: str, *, union_id: str = "u", **fields: Any) -> TikTokAccount:
    """An account with an app of its own."""
    app = TikTokAppFactory.create(name="TikTok", environment=environment)
    credential = CredentialFactory.create(app=app, open_id=open_id, union_id=union_id)
    account = make_account(instance, credential=credential, **({"username": "harbour"} | fields))
    account.refresh_from_db()
    return account


def move(old: TikTokAccount, new: TikTokAccount, actor: User) -> Moved:
    with instance_scope(old.instance):
        return move_account(old.instance, old_id=old.pk, new_id=new.pk, actor=actor)


def asked() -> list[tuple[str, str, bool, int]]:
    return [(each.old.name, each.new.name, each.is_certain, each.waiting) for each in open_questions()]


# Who is recognised


def test_the_same_union_id_is_surely_the_same_tiktok_user(old: TikTokAccount, new: TikTokAccount) -> None:
    TikTokAccount.objects.filter(pk=old.pk).update(username="an_earlier_name")

    assert asked() == [("Harbour Yoga", "harbour", True, 4)]
    (question,) = open_questions()
    assert (question.old_app, question.new_app) == ("TikTok (sandbox)", "TikTok")


@pytest.mark.parametrize("union_id", ["", "of another developer"])
def test_the_same_username_is_probably_the_same_tiktok_user(
    old: TikTokAccount, new: TikTokAccount, union_id: str
) -> None:
    TikTokCredential.objects.filter(pk=new.credential_id).update(union_id=union_id)
    TikTokAccount.objects.filter(pk=new.pk).update(username="HARBOUR", display_name="Other words")

    assert asked() == [("Harbour Yoga", "harbour", False, 4)]


def test_display_names_are_compared_only_without_usernames(old: TikTokAccount, new: TikTokAccount) -> None:
    TikTokCredential.objects.update(union_id="")
    TikTokAccount.objects.filter(pk=new.pk).update(username="another")
    assert asked() == []
    TikTokAccount.objects.filter(pk=new.pk).update(username="")
    assert asked() == [("Harbour Yoga", "harbour", False, 4)]


@pytest.mark.parametrize(
    "change",
    [
        lambda old, new: TikTokAccount.objects.filter(pk=new.pk).update(status=AccountStatus.RECONNECT_NEEDED),
        lambda old, new: TikTokAccount.objects.filter(pk=old.pk).update(status=AccountStatus.DISCONNECTING),
        lambda old, new: TikTokAccount.objects.filter(pk=new.pk).update(linked_at=db_in(-timedelta(days=1))),
        lambda old, new: TikTokCredential.objects.filter(pk=new.credential_id).update(app=old.credential.app),
        lambda old, new: [
            TikTokApp.objects.filter(pk=old.credential.app_id).update(environment="production"),
            TikTokApp.objects.filter(pk=new.credential.app_id).update(environment="sandbox"),
        ],
    ],
    ids=["new_is_broken", "old_is_leaving", "new_is_older", "same_app", "production_to_sandbox"],
)
def test_nothing_is_asked_where_a_move_makes_no_sense(
    old: TikTokAccount, new: TikTokAccount, admin: User, change: Callable[..., Any]
) -> None:
    change(old, new)

    assert asked() == []
    with pytest.raises(AlreadyAnswered):
        move(old, new, admin)


def test_a_disconnected_account_is_recognised_too(old: TikTokAccount, new: TikTokAccount) -> None:
    TikTokAccount.objects.filter(pk=old.pk).update(status=AccountStatus.DISCONNECTED)

    assert asked() == [("Harbour Yoga", "harbour", True, 4)]


def test_accounts_of_other_instances_are_not_compared(
    old: TikTokAccount, other_instance: Instance, outsider: User
) -> None:
    with instance_scope(other_instance):
        theirs = through("production", other_instance, "theirs")
        assert asked() == []
        with pytest.raises(AlreadyAnswered):
            move_account(other_instance, old_id=old.pk, new_id=theirs.pk, actor=outsider)


# What a move takes along


def test_a_move_keeps_id_name_labels_and_posts_and_takes_the_new_link(
    old: TikTokAccount, new: TikTokAccount, admin: User
) -> None:
    make_post(new, state="draft")

    moved = move(old, new, admin)

    account = TikTokAccount.objects.get()
    assert (account.pk, account.name, account.labels) == (old.pk, "Harbour Yoga", ["VIP", "Yoga"])
    assert (account.credential_id, account.follower_count, account.linked_at) == (
        new.credential_id, 7, new.linked_at,
    )  # fmt: skip
    assert (moved.waiting, Post.objects.filter(account=account).count()) == (4, 5)
    line = AuditLogEntry.objects.get(action="account.moved")
    assert (line.actor, line.target_id) == (admin, str(old.pk))
    assert line.detail == {
        "from_app": "TikTok (sandbox)", "to_app": "TikTok", "waiting": 4, "new_account": str(new.pk),
    }  # fmt: skip
    assert history_of(account)[0].text.startswith(
        "From the TikTok app TikTok (sandbox) to TikTok, with 4 waiting posts."
    )


def test_a_move_without_a_profile_keeps_the_known_one(old: TikTokAccount, new: TikTokAccount, admin: User) -> None:
    TikTokAccount.objects.filter(pk=new.pk).update(synced_at=None, username="harbour", display_name="")

    move(old, new, admin)

    assert TikTokAccount.objects.get().display_name == "Nora Vale"


def test_a_move_brings_a_broken_account_back_and_wakes_its_posts(
    old: TikTokAccount, new: TikTokAccount, admin: User
) -> None:
    TikTokAccount.objects.filter(pk=old.pk).update(status=AccountStatus.RECONNECT_NEEDED, status_reason="withdrawn")
    notify(old, NoticeKind.ENDED, reason="withdrawn")
    notify(new, NoticeKind.LINKED)
    waiting = Post.objects.get(state="waiting_account")
    WorkItem.objects.filter(post=waiting).update(next_action_at=db_in(timedelta(minutes=5)))

    move(old, new, admin)

    account = TikTokAccount.objects.get()
    assert (account.status, account.status_reason) == (AccountStatus.ACTIVE, "")
    assert WorkItem.objects.filter(post=waiting, next_action_at__lte=db_now(), fence=1).exists()
    open_kinds = Notice.objects.filter(subject_id=old.pk, resolved_at=None).values_list("kind", flat=True)
    assert list(open_kinds) == [NoticeKind.LINKED]


def test_a_connect_link_shows_the_account_to_which_its_link_moved(
    old: TikTokAccount, new: TikTokAccount, admin: User
) -> None:
    (made,) = make_links(old.instance, actor=admin, names=[""])
    ConnectLink.objects.filter(pk=made.link.pk).update(account=new)

    move(old, new, admin)

    assert ConnectLink.objects.get().account_id == old.pk


def test_a_second_answer_changes_nothing(old: TikTokAccount, new: TikTokAccount, admin: User) -> None:
    move(old, new, admin)
    with pytest.raises(AlreadyAnswered):
        move(old, new, admin)
    with pytest.raises(AlreadyAnswered):
        keep_both(old.instance, old_id=old.pk, new_id=new.pk, actor=admin)

    assert AuditLogEntry.objects.filter(action__in=["account.moved", "account.kept_apart"]).count() == 1


def test_keeping_both_is_remembered(old: TikTokAccount, new: TikTokAccount, admin: User) -> None:
    keep_both(old.instance, old_id=old.pk, new_id=new.pk, actor=admin)

    assert asked() == []
    assert TikTokAccount.objects.count() == 2
    assert AuditLogEntry.objects.get(action="account.kept_apart").detail["other"] == "Harbour Yoga"


def test_an_account_that_moved_is_not_asked_to_move_back(old: TikTokAccount, new: TikTokAccount, admin: User) -> None:
    third = through("production", old.instance, "third", name="third")
    TikTokAccount.objects.filter(pk=third.pk).update(linked_at=old.linked_at + (new.linked_at - old.linked_at) / 2)

    move(old, new, admin)

    assert asked() == [("third", "Harbour Yoga", True, 0)]


@pytest.mark.django_db(transaction=True)
def test_of_two_moves_at_the_same_moment_one_wins(old: TikTokAccount, new: TikTokAccount, admin: User) -> None:
    results = races.at_once(lambda: move(old, new, admin), lambda: move(old, new, admin), expect=(AlreadyAnswered,))

    assert sorted(type(result).__name__ for result in results) == ["AlreadyAnswered", "Moved"]
    assert TikTokAccount.objects.get().pk == old.pk


def test_the_old_links_end_does_not_reach_an_account_that_moved(
    old: TikTokAccount, new: TikTokAccount, admin: User
) -> None:
    (seen,) = _links(old.credential_id, AccountStatus.ACTIVE)
    move(old, new, admin)

    _move(seen, AccountStatus.RECONNECT_NEEDED, reason="withdrawn")

    assert TikTokAccount.objects.get().status == AccountStatus.ACTIVE


# The old permission


@pytest.fixture
def left(sim: Simulator, scoped: Instance, admin: User) -> TikTokCredential:
    """The credential of the simulated sandbox, which its account has left for another app."""
    sandbox = TikTokAppFactory.create(client_key="sim-client-key", secret="sim-client-secret", environment="sandbox")
    tokens = sim.grant(sim.create_user("harbour"))
    credential = CredentialFactory.create(
        app=sandbox, open_id=tokens.open_id, union_id="u",
        access_token=tokens.access_token, refresh_token=tokens.refresh_token,
    )  # fmt: skip
    account = make_account(scoped, credential=credential)
    move(account, through("production", scoped, "new"), admin)
    return credential


def a_day_later(credential: TikTokCredential) -> None:
    TikTokCredential.objects.filter(pk=credential.pk).update(retired_at=db_in(-timedelta(days=1, seconds=1)))
    release_retired()


def test_the_old_permission_is_given_back_after_a_day(sim: Simulator, left: TikTokCredential) -> None:
    release_retired()
    assert sim.requests("revoke") == []

    a_day_later(left)
    release_retired()

    assert [call.code for call in sim.requests("revoke")] == ["ok"]
    left.refresh_from_db()
    assert (left.access_token, left.refresh_token, left.retired_at) == (None, None, None)


def test_the_old_permission_stays_while_a_post_under_way_needs_it(sim: Simulator, left: TikTokCredential) -> None:
    post = make_post(TikTokAccount.objects.get(), state="processing")
    submission = make_submission(post, credential=left, app=left.app)

    a_day_later(left)
    assert sim.requests("revoke") == []

    submission.closed_at = db_now()
    submission.save()
    a_day_later(left)
    assert len(sim.requests("revoke")) == 1


def test_the_old_permission_stays_when_its_account_is_linked_again(
    sim: Simulator, left: TikTokCredential, scoped: Instance
) -> None:
    make_account(scoped, credential=left)

    a_day_later(left)

    left.refresh_from_db()
    assert (sim.requests("revoke"), left.retired_at) == ([], None)
    assert left.access_token


def test_the_last_disconnect_spares_a_moved_accounts_post_under_way(
    sim: Simulator, left: TikTokCredential, other_instance: Instance
) -> None:
    post = make_post(TikTokAccount.objects.get(), state="processing")
    make_submission(post, credential=left, app=left.app)
    TikTokCredential.objects.filter(pk=left.pk).update(retired_at=None)
    with instance_scope(other_instance):
        theirs = make_account(other_instance, credential=left)
        start_disconnect(theirs, actor=person_of(other_instance, "admin"))

    finish_disconnects()

    left.refresh_from_db()
    assert sim.requests("revoke") == []
    assert left.access_token
    assert left.retired_at is not None
    with instance_scope(other_instance):
        assert TikTokAccount.objects.get().status == AccountStatus.DISCONNECTED


# In the browser, over real HTTP on TikTok's side


def test_same_user_question_is_on_the_result_and_accounts_pages(
    client: Client, admin: User, editor: User, sim: Simulator, app: TikTokApp, instance: Instance
) -> None:
    client.defaults["SERVER_NAME"] = urlsplit(django_settings.BASE_URL).hostname or ""
    client.force_login(admin)
    sim.create_app("production", client_secret="production-secret", redirect_uris=[CALLBACK])
    TikTokApp.objects.filter(pk=app.pk).update(environment="sandbox")
    TikTokAppFactory.create(
        name="Simulated", client_key="production", secret="production-secret", redirect_uri=CALLBACK,
        is_from_environment=True,
    )  # fmt: skip
    user = sim.create_user("harbour", display_name="Harbour Yoga")

    def connect(**fields: str) -> tuple[str, str]:
        callback = sim.consent(begin(client, instance, **fields), user)
        parts = urlsplit(callback)
        result = client.get(f"{parts.path}?{parts.query}")["Location"]
        return state_of(callback), client.get(result).content.decode()

    _, first = connect(app=str(app.pk))
    assert "same-user" not in first
    key, second = connect()
    cards = client.get(CARDS.format(instance.slug)).content.decode()
    for page in (second, cards):
        words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
        assert "Harbour Yoga is already connected through “Simulated (sandbox)”" in words
        assert "Move its name, labels and history to the new connection?" in words
    assert "data-stay" in second
    client.force_login(editor)
    assert "same-user" not in client.get(CARDS.format(instance.slug)).content.decode()
    client.force_login(admin)
    with instance_scope(instance):
        old, new = TikTokAccount.objects.order_by("linked_at")
        assert old.credential.union_id == new.credential.union_id != ""

    data = {"old": str(old.pk), "answer": "move", "result": key}
    answer = client.post(f"/i/{instance.slug}/accounts/{new.pk}/move/", data)

    assert answer["Location"] == f"/tiktok/result/{key}/"
    page = client.get(CARDS.format(instance.slug)).content.decode()
    assert "same-user" not in page
    assert "“Simulated”" in page
    with instance_scope(instance):
        account = TikTokAccount.objects.get()
    assert (account.pk, account.credential_id) == (old.pk, new.credential_id)
