"""Posts that wait for their account continue when its TikTok user is back, or allows again what was taken away."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from core.jobs.clock import read_db_now
from instances.models import Instance, Notice
from instances.scoping import instance_scope
from instances.tests.factories import person_of
from tiktok.access.readable import revive_readable
from tiktok.access.status import need_reconnect
from tiktok.access.tokens import usable_token
from tiktok.accounts.disconnect import finish_disconnect, start_disconnect
from tiktok.api.secret import Secret
from tiktok.api.types import TokenSet
from tiktok.connect import services
from tiktok.connect.services import Linked
from tiktok.delivery.advance import advance
from tiktok.delivery.claims import claim
from tiktok.models import Post, PostState, TikTokAccount, TikTokApp, TikTokCredential, WorkItem
from tiktok.posts.wording.codes import explain, explain_post
from tiktok.tests.factories import SCOPES, CredentialFactory, make_account, make_post
from tiktok.tests.fixtures_posts import Clock, Submit, Worker, history, reread
from tiktok.tests.races import just_before
from tiktok.tests.simulator_process import Simulator

pytestmark = pytest.mark.django_db
WITHOUT_PUBLISH = [scope for scope in SCOPES if scope != "video.publish"]


def tokens_of(tiktok: Simulator, scopes: Sequence[str]) -> TokenSet:
    """The TikTok user maren agrees (again)."""
    given = tiktok.grant("maren", scopes=scopes)
    pair = Secret(given.access_token), Secret(given.refresh_token)
    return TokenSet(given.open_id, tuple(scopes), *pair, 7200, 180 * 86400, "Bearer")


def consent(
    tiktok: Simulator, app: TikTokApp, instance: Instance, actor: User, *,
    scopes: Sequence[str] = SCOPES, reconnect: TikTokAccount | None = None,
) -> Linked:  # fmt: skip
    """The same, for this instance."""
    tokens = tokens_of(tiktok, scopes)
    with instance_scope(instance):
        return services.link_account(
            instance, app=app, actor=actor, tokens=tokens, asked_at=read_db_now(), reconnect=reconnect
        )


def notices_of(account: TikTokAccount) -> list[tuple[str, bool]]:
    with instance_scope(account.instance):
        found = Notice.objects.filter(subject_id=account.pk).order_by("at")
        return [(notice.kind, notice.resolved_at is not None) for notice in found]


def test_reconnect_after_disconnect_keeps_history_and_sends_posts(
    submit: Submit, worker: Worker, tiktok: Simulator, simulated: TikTokApp, linked: TikTokAccount, admin: User
) -> None:
    early = submit()
    worker.run_for(120)
    waiting, late = submit(), submit()
    with instance_scope(linked.instance):
        TikTokAccount.objects.update(name="The bakery")
        assert start_disconnect(TikTokAccount.objects.select_related("instance__tenant").get(), actor=admin)
        account = TikTokAccount.objects.select_related("instance__tenant", "credential__app").get()
    assert finish_disconnect(account)
    worker.run_due()
    assert {reread(post, linked.instance).state for post in (waiting, late)} == {PostState.WAITING_ACCOUNT}
    with instance_scope(linked.instance):
        type(late).objects.filter(pk=late.pk).update(deadline_at=read_db_now() - timedelta(seconds=1))

    with instance_scope(linked.instance):
        account = TikTokAccount.objects.select_related("credential").get()
    back = consent(tiktok, simulated, linked.instance, admin, reconnect=account)
    worker.run_for(120)

    assert (back.account.pk, back.account.name, back.account.status) == (linked.pk, "The bakery", "active")
    assert [reread(post, linked.instance).state for post in (early, waiting)] == ["published", "published"]
    missed = reread(late, linked.instance)
    assert (missed.state, missed.attention_reason, missed.error_code) == (
        "needs_attention", "missed", "account_was_away",
    )  # fmt: skip


def test_posts_wait_while_another_instance_granted_fewer_scopes(
    submit: Submit, worker: Worker, tiktok: Simulator, simulated: TikTokApp, linked: TikTokAccount,
    other_instance: Instance,
) -> None:  # fmt: skip
    them = person_of(other_instance, "admin")
    here = linked.instance
    theirs = consent(tiktok, simulated, other_instance, them).account
    post = submit()

    less = consent(tiktok, simulated, other_instance, them, scopes=WITHOUT_PUBLISH, reconnect=theirs)
    worker.run_due()
    assert less.missing == ["publishing"]
    waits = reread(post, here)
    assert (waits.state, waits.error_code) == ("waiting_account", "scope_missing")
    assert explain_post(waits) == explain("scope_missing")
    assert explain("scope_missing").what == "The account has not allowed Clipdesk to publish."
    for account in (linked, theirs):
        assert notices_of(account) == [("scopes", False)]
    assert tiktok.requests("video_init") == []

    consent(tiktok, simulated, other_instance, them, reconnect=theirs)
    worker.run_due()
    assert history(post, here)[-1] not in ("waiting_account", "due"), "it goes on at once, not at the next look"
    for account in (linked, theirs):
        assert notices_of(account) == [("scopes", True)]
    worker.run_for(120)
    assert reread(post, here).state == "published"


def test_consent_without_a_link_still_resumes_posts_elsewhere(
    submit: Submit, worker: Worker, tiktok: Simulator, simulated: TikTokApp, linked: TikTokAccount
) -> None:
    post = submit()
    refreshed = usable_token(linked.credential_id, refresh_now=0)
    need_reconnect(linked.credential_id, seen_version=refreshed.version, reason="token_refused")
    worker.run_due()
    assert reread(post, linked.instance).state == "waiting_account"

    services.let_go(simulated, tokens_of(tiktok, SCOPES), read_db_now())

    with instance_scope(linked.instance):
        assert TikTokAccount.objects.get().status == "active"
    worker.run_due()
    assert history(post, linked.instance)[-1] not in ("waiting_account", "due")
    assert tiktok.requests("revoke") == []


def held(account: TikTokAccount, state: PostState, **columns: Any) -> Post:
    """Sleeps for another five minutes."""
    post = make_post(account, state=state, **columns)
    WorkItem.objects.filter(post_id=post.pk).update(next_action_at=read_db_now() + timedelta(minutes=5))
    return post


WAITING: list[tuple[PostState, dict[str, Any]]] = [
    (PostState.WAITING_ACCOUNT, {}),
    (PostState.UPLOADING, {"hold_reason": "reconnect_needed"}),
    (PostState.PROCESSING, {"hold_reason": "reconnect_needed"}),
    (PostState.PROCESSING, {"hold_reason": "scope_not_authorized"}),
    (PostState.IN_INBOX, {"hold_reason": "reconnect_needed"}),
    (PostState.NEEDS_ATTENTION, {"attention_reason": "outcome_unknown", "hold_reason": "reconnect_needed"}),
    (PostState.PUBLISHED, {"post_ids": []}),
]
RESTING: list[tuple[PostState, dict[str, Any]]] = [
    (PostState.SCHEDULED, {}),
    (PostState.PROCESSING, {"hold_reason": "rate"}),
    (PostState.PUBLISHED, {"post_ids": ["7"]}),
]


def by_reconnect(tiktok: Simulator, account: TikTokAccount, actor: User) -> None:
    consent(tiktok, account.credential.app, account.instance, actor, reconnect=account)


def by_consent_elsewhere(tiktok: Simulator, account: TikTokAccount, actor: User) -> None:
    TikTokCredential.objects.update(next_refresh_at=read_db_now())
    services.let_go(account.credential.app, tokens_of(tiktok, SCOPES), read_db_now())


def by_a_refresh(tiktok: Simulator, account: TikTokAccount, actor: User) -> None:
    usable_token(account.credential_id, refresh_now=0)


def by_a_key_that_is_back(tiktok: Simulator, account: TikTokAccount, actor: User) -> None:
    with instance_scope(account.instance):
        TikTokAccount.objects.update(status_reason="undecryptable")
    revive_readable()


@pytest.mark.parametrize("revive", [by_reconnect, by_consent_elsewhere, by_a_refresh, by_a_key_that_is_back])
def test_reactivated_account_requeues_all_its_waiting_posts(
    tiktok: Simulator, clock: Clock, linked: TikTokAccount, admin: User, revive: Callable[..., None]
) -> None:
    need_reconnect(linked.credential_id, seen_version=linked.credential.version, reason="token_refused")
    with instance_scope(linked.instance):
        waiting = {held(linked, state, **columns).pk for state, columns in WAITING}
        for state, columns in RESTING:
            held(linked, state, **columns)

    revive(tiktok, linked, admin)

    due = WorkItem.objects.filter(next_action_at__lte=read_db_now()).values_list("post_id", flat=True)
    assert set(due) == waiting


def test_refresh_that_brings_a_scope_back_wakes_what_waits_for_it(
    tiktok: Simulator, clock: Clock, linked: TikTokAccount
) -> None:
    TikTokCredential.objects.update(scopes=WITHOUT_PUBLISH)
    with instance_scope(linked.instance):
        post = held(linked, PostState.WAITING_ACCOUNT, error_code="scope_missing")

    usable_token(linked.credential_id, refresh_now=0)

    assert WorkItem.objects.get(post_id=post.pk).next_action_at == read_db_now()


def in_processing_without_consent(submit: Submit, worker: Worker, tiktok: Simulator, account: TikTokAccount) -> Post:
    """TikTok has the video; the TikTok user has withdrawn the consent, and its status cannot be polled."""
    tiktok.settings(hold_processing=True)
    post = submit()
    worker.run_due()
    version = TikTokCredential.objects.get(pk=account.credential_id).version
    need_reconnect(account.credential_id, seen_version=version, reason="withdrawn")
    return post


def test_reconnect_lets_a_post_in_processing_be_asked_about_at_once(
    submit: Submit, worker: Worker, tiktok: Simulator, simulated: TikTokApp, linked: TikTokAccount, admin: User
) -> None:
    post = in_processing_without_consent(submit, worker, tiktok, linked)
    worker.run_for(10)
    assert reread(post, linked.instance).hold_reason == "reconnect_needed"

    consent(tiktok, simulated, linked.instance, admin, reconnect=linked)
    worker.run_due()

    now = reread(post, linked.instance)
    assert (now.state, now.hold_reason, now.publish_status) == ("processing", "", "PROCESSING_UPLOAD")


def test_reconnect_while_a_worker_puts_the_post_to_sleep_is_not_missed(
    submit: Submit, worker: Worker, tiktok: Simulator, simulated: TikTokApp, linked: TikTokAccount, admin: User
) -> None:
    post = in_processing_without_consent(submit, worker, tiktok, linked)
    worker.clock.advance(10)
    claimed = claim()
    assert claimed is not None

    def reconnect() -> None:
        consent(tiktok, simulated, linked.instance, admin, reconnect=linked)

    with just_before('UPDATE "tiktok_workitem" SET "lease_owner"', reconnect):
        advance(claimed)
    assert reread(post, linked.instance).hold_reason == "reconnect_needed"
    worker.run_due()

    assert reread(post, linked.instance).hold_reason == ""


def test_scope_refused_at_the_start_notifies_and_the_post_waits(
    submit: Submit, worker: Worker, tiktok: Simulator, simulated: TikTokApp, linked: TikTokAccount, admin: User
) -> None:
    post = submit()
    tiktok.fault("error", "creator_info", code="scope_not_authorized", status=401, times=-1)
    worker.run_due()

    assert reread(post, linked.instance).state == "waiting_account"
    assert notices_of(linked) == [("scopes", False)]

    tiktok.clear_faults()
    with instance_scope(linked.instance):
        account = TikTokAccount.objects.select_related("credential").get()
    consent(tiktok, simulated, linked.instance, admin, reconnect=account)
    assert notices_of(linked) == [("scopes", True)]


def test_renewal_with_fewer_scopes_notifies_as_well(
    tiktok: Simulator, simulated: TikTokApp, instance: Instance
) -> None:
    given = tiktok.grant(tiktok.create_user("maren"), scopes=WITHOUT_PUBLISH)
    credential = CredentialFactory.create(
        app=simulated, open_id=given.open_id, access_token=given.access_token, refresh_token=given.refresh_token
    )
    with instance_scope(instance):
        account = make_account(instance, credential=credential)

    fresh = usable_token(credential.pk, refresh_now=0)
    assert "video.publish" not in fresh.scopes
    assert notices_of(account) == [("scopes", False)]
