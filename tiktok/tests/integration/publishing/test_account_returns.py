"""Posts that wait for their account go on when its TikTok user is back, or allows again what was taken away."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from accounts.models import User
from instances.jobs.clock import read_db_now
from instances.models import Instance, Notice
from instances.scoping import instance_scope
from instances.tests.factories import person_of
from tiktok.api.secret import Secret
from tiktok.api.types import TokenSet
from tiktok.linking import services
from tiktok.linking.disconnect import finish_disconnect, start_disconnect
from tiktok.linking.services import Linked
from tiktok.linking.status import need_reconnect
from tiktok.linking.tokens import usable_token
from tiktok.models import PostState, TikTokAccount, TikTokApp
from tiktok.publishing.texts import explain, explain_post
from tiktok.tests.factories import SCOPES, CredentialFactory, make_account
from tiktok.tests.fixtures_publishing import Submit, Worker, history, reread
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
        return [(notice.kind, notice.settled_at is not None) for notice in found]


def test_a_reconnect_after_a_disconnect_keeps_name_and_history_and_sends_what_waits(
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


def test_fewer_scopes_by_another_instance_make_posts_wait_here_until_they_are_granted_again(
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


def test_a_consent_that_links_nothing_here_still_brings_back_what_waited_elsewhere(
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


def test_a_scope_that_tiktok_refuses_at_the_start_is_told_and_the_post_waits(
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


def test_a_renewal_that_brings_fewer_scopes_is_told_too(
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
