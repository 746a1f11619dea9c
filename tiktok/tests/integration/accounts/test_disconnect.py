"""Unlinking: what is under way finishes, the last link gives the consent back, nothing secret stays."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from accounts.models import AuditLogEntry, User
from instances.models import Instance
from instances.scoping import instance_scope
from instances.tests.factories import person_of
from tiktok.accounts.disconnect import finish_disconnects, start_disconnect
from tiktok.accounts.page.history import history_of
from tiktok.accounts.profile import sync_profile
from tiktok.api.secret import Secret
from tiktok.api.types import TokenSet
from tiktok.connect.services import let_go, link_account
from tiktok.models import AccountStatus, Post, TikTokAccount, TikTokApp, TikTokCredential
from tiktok.tests.factories import make_account, make_post
from tiktok.tests.fixtures_credentials import age
from tiktok.tests.jobs_process import wait_until
from tiktok.tests.races import just_before
from tiktok.tests.simulator_process import Simulator

pytestmark = pytest.mark.django_db


def begin(account: TikTokAccount, actor: User, *, at_once: bool = False) -> None:
    with instance_scope(account.instance):
        assert start_disconnect(account, actor=actor, at_once=at_once)


def fresh(account: TikTokAccount) -> TikTokAccount:
    with instance_scope(account.instance):
        return TikTokAccount.objects.select_related("credential").get(pk=account.pk)


def last_of_history(account: TikTokAccount) -> str:
    """Return the latest entry of the account's history, as people read it."""
    with instance_scope(account.instance):
        return history_of(account)[0].text.removesuffix(" By Clipdesk.")


def test_the_last_link_gives_the_consent_back_and_erases_everything_secret(
    sim: Simulator, account: TikTokAccount, admin: User
) -> None:
    picture = django_settings.MEDIA_ROOT / "avatars" / f"{account.pk}-x.webp"
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_bytes(b"RIFF")
    with instance_scope(account.instance):
        TikTokAccount.objects.update(avatar_path=f"avatars/{picture.name}")
        post = make_post(account, state="scheduled")
    begin(fresh(account), admin)

    finish_disconnects()

    gone = fresh(account)
    assert (gone.status, gone.avatar_path) == (AccountStatus.DISCONNECTED, "")
    assert (gone.credential.access_token, gone.credential.refresh_token, gone.credential.scopes) == (None, None, [])
    assert not picture.exists()
    assert [call.code for call in sim.requests("revoke")] == ["ok"]
    with instance_scope(account.instance):
        assert Post.objects.get(pk=post.pk).state == "scheduled"
    lines = AuditLogEntry.objects.filter(action__startswith="account.disconnect").order_by("at")
    assert [(line.action, line.actor) for line in lines] == [
        ("account.disconnecting", admin),
        ("account.disconnected", None),
    ]
    assert lines[1].detail == {"revoked": True, "why": ""}


def test_while_another_instance_uses_the_account_the_consent_stays(
    sim: Simulator, account: TikTokAccount, other_instance: Instance, admin: User
) -> None:
    with instance_scope(other_instance):
        make_account(other_instance, credential=account.credential)
    begin(account, admin)

    finish_disconnects()

    gone = fresh(account)
    assert gone.status == AccountStatus.DISCONNECTED
    assert gone.credential.access_token == account.credential.access_token
    assert sim.requests("revoke") == []
    assert (
        last_of_history(account) == "The authorization stays, since the TikTok user is connected in another instance."
    )


@pytest.mark.parametrize("state", ["initing", "uploading", "processing"])
def test_posts_under_way_are_waited_for(sim: Simulator, account: TikTokAccount, admin: User, state: str) -> None:
    with instance_scope(account.instance):
        make_post(account, state=state)
    begin(account, admin)

    finish_disconnects()
    assert fresh(account).status == AccountStatus.DISCONNECTING
    with instance_scope(account.instance):
        Post.objects.update(state="published")
    finish_disconnects()

    assert fresh(account).status == AccountStatus.DISCONNECTED


def test_the_wait_ends_after_ten_minutes(sim: Simulator, account: TikTokAccount, admin: User) -> None:
    with instance_scope(account.instance):
        make_post(account, state="processing")
    begin(account, admin)
    with instance_scope(account.instance):
        TikTokAccount.objects.update(disconnect_at=timezone.now() - timedelta(seconds=1))

    finish_disconnects()

    assert fresh(account).status == AccountStatus.DISCONNECTED


def test_immediate_disconnect_does_not_wait_for_posts(sim: Simulator, account: TikTokAccount, admin: User) -> None:
    with instance_scope(account.instance):
        make_post(account, state="processing")
    begin(account, admin)
    begin(account, admin, at_once=True)

    finish_disconnects()

    assert fresh(account).status == AccountStatus.DISCONNECTED


def test_an_expired_token_is_refreshed_before_it_is_revoked(
    sim: Simulator, account: TikTokAccount, admin: User
) -> None:
    sim.expire_token("maren")
    age(account.credential, timedelta(seconds=-1))
    begin(account, admin)

    finish_disconnects()

    assert fresh(account).credential.refresh_token is None
    assert [call.code for call in sim.requests("revoke")] == ["ok"]


def test_a_fault_of_tiktok_is_tried_again(sim: Simulator, account: TikTokAccount, admin: User) -> None:
    sim.fault("server_error", "revoke")
    begin(account, admin)

    finish_disconnects()
    assert fresh(account).status == AccountStatus.DISCONNECTING
    finish_disconnects()

    assert fresh(account).status == AccountStatus.DISCONNECTED


def test_tiktok_out_of_reach_does_not_keep_an_account_for_ever(
    sim: Simulator, account: TikTokAccount, admin: User
) -> None:
    sim.fault("server_error", "revoke", times=-1)
    begin(account, admin)
    with instance_scope(account.instance):
        TikTokAccount.objects.update(disconnect_at=timezone.now() - timedelta(minutes=11))

    finish_disconnects()

    assert fresh(account).status == AccountStatus.DISCONNECTED
    assert fresh(account).credential.access_token is None
    assert AuditLogEntry.objects.get(action="account.disconnected").detail == {"revoked": False, "why": "unknown"}


def test_a_grant_that_tiktok_has_ended_needs_no_revoking(sim: Simulator, account: TikTokAccount, admin: User) -> None:
    TikTokCredential.objects.update(withdrawn_at=timezone.now())
    begin(account, admin)

    finish_disconnects()

    assert fresh(account).status == AccountStatus.DISCONNECTED
    assert sim.requests("revoke") == []
    assert last_of_history(account) == "There was no usable authorization to revoke."


def revokes(sim: Simulator) -> list[str]:
    return [call.code for call in sim.requests("revoke")]


GIVEN_BACK = "The authorization was revoked at TikTok."
NOT_CONFIRMED = (
    "TikTok did not confirm that the authorization was revoked. The account owner can check this in the TikTok app."
)
UNUSABLE = "There was no usable authorization to revoke."


def test_a_revoke_whose_answer_is_lost_is_repeated_and_counts(
    sim: Simulator, account: TikTokAccount, admin: User
) -> None:
    sim.fault("lost_answer", "revoke")
    begin(account, admin)

    finish_disconnects()

    assert len(revokes(sim)) == 2
    assert (fresh(account).status, last_of_history(account)) == (AccountStatus.DISCONNECTED, GIVEN_BACK)


@pytest.mark.parametrize("token_ends", [False, True], ids=["its token lives", "its token ends meanwhile"])
def test_a_later_refusal_explains_the_answers_that_were_lost(
    sim: Simulator, account: TikTokAccount, admin: User, token_ends: bool
) -> None:
    sim.fault("lost_answer", "revoke", times=2)
    begin(account, admin)

    finish_disconnects()
    assert fresh(account).status == AccountStatus.DISCONNECTING
    if token_ends:
        age(account.credential, timedelta(seconds=-1))
    finish_disconnects()

    assert (fresh(account).status, last_of_history(account)) == (AccountStatus.DISCONNECTED, GIVEN_BACK)


def test_answers_lost_to_the_end_are_not_called_a_failure(sim: Simulator, account: TikTokAccount, admin: User) -> None:
    sim.fault("lost_answer", "revoke", times=-1)
    begin(account, admin)
    with instance_scope(account.instance):
        TikTokAccount.objects.update(disconnect_at=timezone.now() - timedelta(minutes=11))

    finish_disconnects()

    assert (fresh(account).status, last_of_history(account)) == (AccountStatus.DISCONNECTED, NOT_CONFIRMED)
    assert fresh(account).credential.access_token is None


def test_an_answer_lost_before_a_new_consent_says_nothing_about_it(
    sim: Simulator, account: TikTokAccount, admin: User
) -> None:
    sim.fault("lost_answer", "revoke", times=2)
    begin(account, admin)
    finish_disconnects()
    link_again(sim, account.instance, account.credential.app, admin)
    begin(fresh(account), admin)
    sim.revoke("maren")

    finish_disconnects()

    assert (fresh(account).status, last_of_history(account)) == (AccountStatus.DISCONNECTED, UNUSABLE)


def test_a_permission_ended_at_tiktok_is_not_called_a_failure(
    sim: Simulator, account: TikTokAccount, admin: User
) -> None:
    sim.revoke("maren")
    begin(account, admin)

    finish_disconnects()

    assert (fresh(account).status, last_of_history(account)) == (AccountStatus.DISCONNECTED, UNUSABLE)


def test_a_token_refused_at_the_revoke_is_replaced_first(sim: Simulator, account: TikTokAccount, admin: User) -> None:
    sim.expire_token("maren")
    begin(account, admin)

    finish_disconnects()

    assert revokes(sim) == ["invalid_request", "ok"]
    assert (fresh(account).status, last_of_history(account)) == (AccountStatus.DISCONNECTED, GIVEN_BACK)


def test_an_unwanted_consent_is_given_back_though_an_answer_is_lost(sim: Simulator, app: TikTokApp) -> None:
    given = sim.grant(sim.create_user("maren"))
    pair = Secret(given.access_token), Secret(given.refresh_token)
    sim.fault("drop_connection", "revoke")

    let_go(app, TokenSet(given.open_id, ("user.info.basic",), *pair, 7200, 86400, "Bearer"), timezone.now())

    assert len(revokes(sim)) == 2
    assert sim.get("grants")["items"] == []


@contextmanager
def revoking(sim: Simulator, account: TikTokAccount, actor: User, **fault: Any) -> Iterator[None]:
    """While TikTok takes its time to answer the revoke."""
    sim.fault("slow", "revoke", delay_s=3, **fault)  # longer than what happens meanwhile takes on a busy machine
    begin(account, actor)

    def finish() -> None:
        try:
            finish_disconnects()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        finished = pool.submit(finish)
        wait_until(lambda: sim.requests("revoke"), what="the revoke is sent")
        if fault:
            wait_until(lambda: not sim.get("grants")["items"], what="TikTok has ended the grant")
        yield
        finished.result(timeout=10)


def link_again(sim: Simulator, instance: Instance, app: TikTokApp, actor: User) -> TikTokAccount:
    """The TikTok user consents once more."""
    given = sim.grant("maren")
    pair = TokenSet(
        given.open_id, tuple(given.scope.split(",")), Secret(given.access_token), Secret(given.refresh_token),
        given.expires_in, given.refresh_expires_in, "Bearer",
    )  # fmt: skip
    with instance_scope(instance):
        return link_account(instance, app=app, actor=actor, tokens=pair, asked_at=timezone.now()).account


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("fault", "status"),
    [({}, (AccountStatus.RECONNECT_NEEDED, "withdrawn")), ({"after": True}, (AccountStatus.ACTIVE, ""))],
    ids=["before TikTok ends the grant", "after TikTok has ended the grant"],
)
@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "in another instance"])
def test_reconnect_during_a_revoke_shows_the_final_status_at_once(
    sim: Simulator, account: TikTokAccount, other_instance: Instance, admin: User, fault: dict[str, Any],
    status: tuple[str, str], elsewhere: bool,
) -> None:  # fmt: skip
    instance = other_instance if elsewhere else account.instance
    with revoking(sim, account, admin, **fault):
        again = link_again(sim, instance, account.credential.app, person_of(instance, "admin"))

    now = fresh(again)
    assert (now.status, now.status_reason) == status
    assert (fresh(account).status == AccountStatus.DISCONNECTED) == elsewhere


def test_account_reconnected_during_its_disconnect_stays_active(
    sim: Simulator, account: TikTokAccount, admin: User
) -> None:
    begin(account, admin)
    with instance_scope(account.instance):
        TikTokAccount.objects.update(status=AccountStatus.ACTIVE)

    finish_disconnects()

    assert fresh(account).status == AccountStatus.ACTIVE
    assert fresh(account).credential.access_token is not None


def pictures() -> list[Path]:
    return list((django_settings.MEDIA_ROOT / "avatars").glob("*.webp"))


def test_a_profile_that_is_read_while_the_account_goes_leaves_no_picture(
    sim: Simulator, account: TikTokAccount, admin: User
) -> None:
    begin(account, admin)

    reading = just_before('UPDATE "tiktok_tiktokaccount" SET "display_name"', finish_disconnects)
    with instance_scope(account.instance), reading:
        sync_profile(fresh(account))

    gone = fresh(account)
    assert (gone.status, gone.avatar_path, gone.synced_at) == (AccountStatus.DISCONNECTED, "", None)
    assert pictures() == []


def test_linking_again_keeps_what_a_colleague_changes_in_the_same_moment(
    sim: Simulator, account: TikTokAccount, admin: User
) -> None:
    given = sim.grant("maren")
    pair = Secret(given.access_token), Secret(given.refresh_token)
    tokens = TokenSet(given.open_id, ("user.info.basic",), *pair, 7200, 180 * 86400, "Bearer")

    def rename() -> None:
        TikTokAccount.objects.update(name="The bakery", labels=["VIP"])

    with instance_scope(account.instance), just_before('UPDATE "tiktok_tiktokaccount" SET', rename):
        link_account(account.instance, app=account.credential.app, actor=admin, tokens=tokens, asked_at=timezone.now())

    assert (fresh(account).name, fresh(account).labels) == ("The bakery", ["VIP"])
