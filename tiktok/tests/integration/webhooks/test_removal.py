"""authorization.removed: the accounts say why they need a reconnect, and a late delivery harms no fresh link."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditLogEntry
from core.jobs.clock import pinned_clock
from instances.models import Instance, Notice
from instances.scoping import instance_scope
from tiktok.access.status import need_reconnect
from tiktok.accounts.page.history import history_of
from tiktok.models import AccountStatus, TikTokAccount, TikTokApp, TikTokCredential, WebhookDelivery
from tiktok.tests.factories import CredentialFactory, TikTokAppFactory, make_account
from tiktok.tests.integration.webhooks.post import Post, delivery
from tiktok.tests.simulator_process import Simulator
from tiktok.webhooks.apply import MOST_ATTEMPTS, claim, due_deliveries
from tiktok.webhooks.tasks import apply_delivery

pytestmark = pytest.mark.django_db
REASONS = ["withdrawn", "user_disconnected", "account_deleted", "age_changed", "account_banned", "developer_revoked"]


def apply_due() -> WebhookDelivery:
    """The one delivery, applied if it is due."""
    for run in due_deliveries(10):
        run()
    return WebhookDelivery.objects.get()


def removed(app: TikTokApp, *, reason: int = 1, minutes_ago: float = 0, **fields: Any) -> bytes:
    happened = timezone.now() - timedelta(minutes=minutes_ago)
    return delivery(app.client_key, content={"reason": reason}, create_time=int(happened.timestamp()), **fields)


def fresh(account: TikTokAccount) -> TikTokAccount:
    with instance_scope(account.instance):
        return TikTokAccount.objects.select_related("credential").get(pk=account.pk)


def status_of(account: TikTokAccount) -> tuple[str, str]:
    now = fresh(account)
    return now.status, now.status_reason


@pytest.mark.parametrize("reason", range(6))
def test_every_account_of_the_tiktok_user_says_why_it_needs_a_reconnect(
    app: TikTokApp, post: Post, account: TikTokAccount, shared: TikTokAccount, reason: int
) -> None:
    post(removed(app, reason=reason))

    row = apply_due()

    assert (row.state, row.outcome) == ("applied", REASONS[reason])
    assert status_of(account) == status_of(shared) == ("reconnect_needed", REASONS[reason])
    assert fresh(account).credential.withdrawn_at is not None
    lines = AuditLogEntry.objects.filter(action="account.reconnect_needed")
    assert [line.detail for line in lines] == [{"reason": REASONS[reason]}] * 2


def test_other_users_and_other_apps_are_not_touched(app: TikTokApp, post: Post, instance: Instance) -> None:
    with instance_scope(instance):
        other_user = make_account(instance, credential=CredentialFactory.create(app=app, open_id="open-2"))
        other_app = make_account(
            instance, credential=CredentialFactory.create(app=TikTokAppFactory.create(), open_id="open-1")
        )
    post(removed(app))

    assert apply_due().outcome == "unknown_user"
    assert status_of(other_user) == status_of(other_app) == ("active", "")


def test_delivery_from_before_the_consent_does_not_end_the_fresh_link(
    app: TikTokApp, post: Post, account: TikTokAccount
) -> None:
    post(removed(app, minutes_ago=70))

    row = apply_due()

    assert (row.state, row.outcome) == ("ignored", "superseded")
    assert status_of(account) == ("active", "")


@pytest.mark.parametrize("status", [AccountStatus.DISCONNECTING, AccountStatus.DISCONNECTED])
def test_echo_of_our_own_revoke_changes_nothing(
    app: TikTokApp, post: Post, account: TikTokAccount, status: str
) -> None:
    with instance_scope(account.instance):
        TikTokAccount.objects.update(status=status)
    post(removed(app, reason=5))

    assert apply_due().outcome == "not_linked"
    assert (status_of(account), fresh(account).credential.withdrawn_at) == ((status, ""), None)


def test_credential_without_tokens_has_nothing_to_lose(app: TikTokApp, post: Post, account: TikTokAccount) -> None:
    TikTokCredential.objects.update(access_token=None, refresh_token=None, access_issued_at=None)
    post(removed(app, reason=5))

    assert apply_due().outcome == "not_linked"
    assert status_of(account) == ("active", "")


def test_end_that_was_noticed_before_gets_its_reason(app: TikTokApp, post: Post, account: TikTokAccount) -> None:
    need_reconnect(account.credential_id, seen_version=0, reason="withdrawn")
    withdrawn_at = fresh(account).credential.withdrawn_at
    post(removed(app, reason=4))

    assert apply_due().outcome == "account_banned"
    assert status_of(account) == ("reconnect_needed", "account_banned")
    assert fresh(account).credential.withdrawn_at == withdrawn_at
    with instance_scope(account.instance):
        assert [notice.parts for notice in Notice.objects.all()] == [{"reason": "account_banned"}]
        assert [line.text for line in history_of(account) if line.title == "Reason received from TikTok"] == [
            "TikTok has banned this account and ended the authorization. By Clipdesk."
        ]


def test_tokens_that_came_while_it_was_applied_are_looked_at_again(
    app: TikTokApp, post: Post, account: TikTokAccount
) -> None:
    """Store new tokens between reading the credential and writing it."""
    post(removed(app))

    def store_first(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.startswith("UPDATE") and "withdrawn_at" in sql:
            with connection.cursor() as cursor:
                cursor.execute("UPDATE tiktok_tiktokcredential SET version = 7")
        return execute(sql, *rest)

    with connection.execute_wrapper(store_first):
        row = apply_due()

    assert (row.state, row.outcome) == ("waiting", "tokens_changed")
    assert status_of(account) == ("active", "")


# Where the clocks could mislead, TikTok is asked.


def linked_just_now(tiktok: Simulator, settings: Settings, instance: Instance) -> TikTokAccount:
    settings.TIKTOK_API_BASE_URL = tiktok.base_url
    app = TikTokAppFactory.create(client_key="sim-client-key", secret="sim-client-secret")
    tokens = tiktok.grant(tiktok.create_user("maren"))
    credential = CredentialFactory.create(
        app=app, open_id=tokens.open_id, access_token=tokens.access_token, refresh_token=tokens.refresh_token
    )
    with instance_scope(instance):
        return make_account(instance, credential=credential)


def about(account: TikTokAccount, **fields: Any) -> tuple[bytes, str]:
    credential = account.credential
    body = json.loads(removed(credential.app, user_openid=credential.open_id)) | fields
    return json.dumps(body).encode(), "sim-client-secret"


@pytest.mark.parametrize("happened", ["now", "unknown", "in the far future"])
def test_removal_near_the_consent_is_believed_when_tiktok_confirms_it(
    post: Post, tiktok: Simulator, settings: Settings, instance: Instance, happened: str
) -> None:
    account = linked_just_now(tiktok, settings, instance)
    tiktok.revoke("maren")
    times: dict[str, int | None] = {"now": int(time.time()), "unknown": None, "in the far future": 4_000_000_000}
    body, secret = about(account, create_time=times[happened])
    post(body, secret=secret)

    assert apply_due().outcome == "user_disconnected"
    assert status_of(account) == ("reconnect_needed", "user_disconnected")


def test_removal_near_the_consent_is_ignored_when_tiktok_still_knows_it(
    post: Post, tiktok: Simulator, settings: Settings, instance: Instance
) -> None:
    account = linked_just_now(tiktok, settings, instance)
    body, secret = about(account)
    post(body, secret=secret)

    assert apply_due().outcome == "still_granted"
    assert status_of(account) == ("active", "")
    assert fresh(account).credential.version == 1


def test_while_tiktok_cannot_be_asked_the_delivery_waits_longer_and_longer(
    post: Post, tiktok: Simulator, settings: Settings, instance: Instance
) -> None:
    account = linked_just_now(tiktok, settings, instance)
    tiktok.fault("server_error", "token", times=-1)
    body, secret = about(account)
    now = timezone.now()
    with pinned_clock(now):
        post(body, secret=secret)
        row = apply_due()
        assert (row.state, row.attempts, row.next_attempt_at) == ("waiting", 1, now + timedelta(minutes=1))
        assert apply_due().attempts == 1
    with pinned_clock(now + timedelta(minutes=1)):
        row = apply_due()
        assert (row.attempts, row.next_attempt_at) == (2, now + timedelta(minutes=3))
    tiktok.clear_faults()
    with pinned_clock(now + timedelta(minutes=3)):
        assert apply_due().outcome == "still_granted"
    assert status_of(account) == ("active", "")


# Applying


def test_hint_applies_it_too_and_a_second_one_finds_it_done(app: TikTokApp, post: Post, account: TikTokAccount) -> None:
    post(removed(app))
    row = WebhookDelivery.objects.get()

    apply_delivery(str(row.pk))
    apply_delivery(str(row.pk))

    assert apply_due().attempts == 1
    assert status_of(account) == ("reconnect_needed", "user_disconnected")


def test_of_two_workers_one_applies_it(app: TikTokApp, post: Post, account: TikTokAccount) -> None:
    post(removed(app))

    mine, theirs = WebhookDelivery.objects.get(), WebhookDelivery.objects.get()

    assert (claim(mine), claim(theirs)) == (True, False)
    assert due_deliveries(10) == []


def test_what_never_ends_well_is_given_up(app: TikTokApp, post: Post, account: TikTokAccount) -> None:
    post(removed(app))
    WebhookDelivery.objects.update(attempts=MOST_ATTEMPTS, outcome="RefreshUnderWay")

    row = apply_due()

    assert (row.state, row.outcome, row.next_attempt_at) == ("given_up", "RefreshUnderWay", None)
    assert status_of(account) == ("active", "")
