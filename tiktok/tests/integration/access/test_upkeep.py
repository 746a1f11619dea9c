"""Automatic work that keeps links valid."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.access import refresh
from tiktok.accounts import upkeep
from tiktok.models import AccountStatus, TikTokAccount, TikTokApp, TikTokCredential
from tiktok.tests.factories import make_account, make_post
from tiktok.tests.fixtures_credentials import credential_of
from tiktok.tests.simulator_process import Simulator

pytestmark = pytest.mark.django_db


def let_time_pass(credential: TikTokCredential, by: timedelta) -> None:
    """As if the tokens had been given so much earlier."""
    issued = timezone.now() - by
    TikTokCredential.objects.filter(pk=credential.pk).update(
        access_issued_at=issued,
        access_expires_at=issued + timedelta(hours=2),
        next_refresh_at=issued + timedelta(hours=1.5),
    )


@pytest.mark.parametrize(
    ("passed", "post", "refreshed"),
    [
        (timedelta(hours=1), {"state": "due"}, 0),
        (timedelta(hours=1.6), {"state": "due"}, 1),
        (timedelta(hours=1.6), {"state": "processing"}, 1),
        (timedelta(hours=1.6), {"state": "scheduled", "publish_at": timezone.now() + timedelta(minutes=30)}, 1),
        (timedelta(hours=1.6), {"state": "scheduled", "publish_at": timezone.now() + timedelta(days=1)}, 0),
        (timedelta(hours=1.6), {"state": "published"}, 0),
        (timedelta(hours=19), {"state": "published"}, 0),
        (timedelta(hours=21), {"state": "published"}, 1),
    ],
)
def test_tokens_are_refreshed_before_work_and_after_an_idle_day(
    sim: Simulator, account: TikTokAccount, passed: timedelta, post: dict[str, Any], refreshed: int
) -> None:
    with instance_scope(account.instance):
        make_post(account, **post)
    let_time_pass(account.credential, passed)

    assert refresh.refresh_ahead() == refreshed
    assert len(sim.requests("token")) == refreshed
    assert refresh.refresh_ahead() == 0


def test_refresh_token_that_ends_soon_is_used_before(sim: Simulator, account: TikTokAccount) -> None:
    let_time_pass(account.credential, timedelta(hours=2))
    TikTokCredential.objects.update(refresh_expires_at=timezone.now() + timedelta(hours=19))

    assert refresh.refresh_ahead() == 1


@pytest.mark.parametrize("status", [AccountStatus.DISCONNECTED, AccountStatus.RECONNECT_NEEDED])
def test_accounts_that_are_not_in_use_are_left_alone(sim: Simulator, account: TikTokAccount, status: str) -> None:
    let_time_pass(account.credential, timedelta(days=2))
    with instance_scope(account.instance):
        TikTokAccount.objects.update(status=status)

    assert refresh.refresh_ahead() == 0
    assert sim.requests("token") == []


def test_failure_waits_five_minutes(sim: Simulator, account: TikTokAccount) -> None:
    let_time_pass(account.credential, timedelta(days=1))
    sim.fault("rate_limit", "token")

    assert (refresh.refresh_ahead(), refresh.refresh_ahead()) == (0, 0)

    assert len(sim.requests("token")) == 1


def test_stale_profiles_are_read_daily_despite_a_failure(
    sim: Simulator, app: TikTokApp, account: TikTokAccount, other_instance: Instance
) -> None:
    with instance_scope(other_instance):
        theirs = make_account(other_instance, credential=credential_of(sim, app, "tomas"), name="Ours")
    sim.fault("server_error", "user_info")

    assert upkeep.sync_profiles() == 1
    assert upkeep.sync_profiles() == 1
    assert upkeep.sync_profiles() == 0

    with instance_scope(other_instance):
        theirs.refresh_from_db()
    assert (theirs.name, theirs.display_name, theirs.username) == ("Ours", "Tomas", "tomas")


def test_token_that_tiktok_refuses_is_refreshed_once_for_the_profile(sim: Simulator, account: TikTokAccount) -> None:
    sim.expire_token("maren")

    assert upkeep.sync_profiles() == 1
    assert [call.code for call in sim.requests("user_info")] == ["access_token_invalid", "ok"]


def test_withdrawn_grant_is_noticed_by_the_nightly_sync(sim: Simulator, account: TikTokAccount) -> None:
    sim.revoke("maren")

    assert upkeep.sync_profiles() == 0

    with instance_scope(account.instance):
        account.refresh_from_db()
    assert account.status == AccountStatus.RECONNECT_NEEDED
