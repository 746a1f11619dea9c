"""Refreshing against the simulated TikTok, whose refresh tokens rotate: one refresh, whoever asks."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import AuditLogEntry
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.api.errors import TikTokError
from tiktok.api.secret import Secret
from tiktok.fields import seal
from tiktok.linking import tokens
from tiktok.linking.tokens import ReconnectNeeded, RefreshUnderWay, usable_access_token, usable_token
from tiktok.models import AccountStatus, TikTokAccount, TikTokApp, TikTokCredential, WorkItem
from tiktok.tests.factories import make_account, make_post
from tiktok.tests.integration.linking.conftest import age, credential_of
from tiktok.tests.simulator_process import CLIENT_SECRET, Simulator

pytestmark = pytest.mark.django_db(transaction=True)


def refreshes(sim: Simulator) -> int:
    return len(sim.requests("token"))


def in_threads(count: int, call: Callable[[], object]) -> list[object]:
    """Run ``call`` in so many threads at once; the answer or the error of each."""
    barrier = Barrier(count)

    def run(_: int) -> object:
        barrier.wait(timeout=10)
        try:
            return call()
        except (ReconnectNeeded, RefreshUnderWay, TikTokError) as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def status_of(account: TikTokAccount) -> tuple[str, str]:
    with instance_scope(account.instance):
        fresh = TikTokAccount.objects.get(pk=account.pk)
    return fresh.status, fresh.status_reason


def test_a_token_with_time_left_is_used_as_it_is(sim: Simulator, credential: TikTokCredential) -> None:
    assert usable_access_token(credential.pk) == credential.access_token
    assert refreshes(sim) == 0


def test_a_token_that_ends_soon_is_refreshed_and_both_new_tokens_are_kept(
    sim: Simulator, credential: TikTokCredential
) -> None:
    age(credential)
    before = timezone.now()

    token = usable_access_token(credential.pk)

    fresh = TikTokCredential.objects.get(pk=credential.pk)
    assert token == fresh.access_token != credential.access_token
    assert fresh.refresh_token != credential.refresh_token
    assert (fresh.version, fresh.refresh_owner, fresh.refresh_lease_until) == (1, "", None)
    assert fresh.access_issued_at is not None
    assert fresh.access_expires_at == fresh.access_issued_at + timedelta(seconds=7200)
    assert fresh.next_refresh_at == fresh.access_issued_at + timedelta(seconds=5400)
    assert fresh.refresh_expires_at == fresh.access_issued_at + timedelta(days=180)
    assert abs(fresh.access_issued_at - before) < timedelta(seconds=5)
    assert refreshes(sim) == 1


def test_lifetimes_come_from_the_answer(sim: Simulator, credential: TikTokCredential) -> None:
    sim.create_app(access_lifetime_s=600)
    age(credential)

    usable_access_token(credential.pk)

    fresh = TikTokCredential.objects.get(pk=credential.pk)
    assert fresh.access_issued_at is not None
    assert fresh.access_expires_at == fresh.access_issued_at + timedelta(seconds=600)
    assert usable_access_token(credential.pk) == fresh.access_token  # ten minutes left is half its life
    assert refreshes(sim) == 1


def test_many_threads_cause_exactly_one_refresh(sim: Simulator, credential: TikTokCredential) -> None:
    sim.fault("slow", "token", delay_s=0.4)
    age(credential)

    answers = in_threads(6, lambda: usable_access_token(credential.pk))

    assert refreshes(sim) == 1
    newest = TikTokCredential.objects.get(pk=credential.pk).access_token
    assert answers == [newest] * 6


def test_after_a_401_the_token_is_refreshed_once(sim: Simulator, credential: TikTokCredential) -> None:
    seen = usable_token(credential.pk)

    answers = in_threads(4, lambda: usable_token(credential.pk, refresh_now=seen.version).version)

    assert answers == [seen.version + 1] * 4
    assert refreshes(sim) == 1


def test_a_caller_may_ask_for_more_time(sim: Simulator, credential: TikTokCredential) -> None:
    age(credential, timedelta(minutes=40))

    assert usable_access_token(credential.pk) == credential.access_token
    assert usable_access_token(credential.pk, min_left=timedelta(hours=1)) != credential.access_token
    assert refreshes(sim) == 1


def test_a_withdrawn_grant_marks_the_accounts_of_all_instances(
    sim: Simulator, account: TikTokAccount, other_instance: Instance
) -> None:
    with instance_scope(other_instance):
        shared = make_account(other_instance, credential=account.credential)
    sim.revoke("maren")
    age(account.credential)

    with pytest.raises(ReconnectNeeded):
        usable_access_token(account.credential_id)

    assert status_of(account) == status_of(shared) == (AccountStatus.RECONNECT_NEEDED, "withdrawn")
    lines = AuditLogEntry.objects.filter(action="account.reconnect_needed")
    assert {line.instance_id for line in lines} == {account.instance_id, shared.instance_id}
    with pytest.raises(ReconnectNeeded):
        usable_access_token(account.credential_id)
    assert refreshes(sim) == 1  # nothing more is asked with a dead grant


def test_invalid_grant_is_not_believed_when_somebody_brought_a_newer_pair(
    sim: Simulator, account: TikTokAccount
) -> None:
    credential = account.credential
    age(credential)
    stale = TikTokCredential.objects.select_related("app").get(pk=credential.pk)
    newest = usable_token(credential.pk)

    answer = tokens._refresh(stale, "a worker that slept through its lease")

    assert answer.access_token == newest.access_token
    assert status_of(account) == (AccountStatus.ACTIVE, "")
    assert refreshes(sim) == 2


def test_after_a_lost_answer_the_accounts_say_reconnect(sim: Simulator, account: TikTokAccount) -> None:
    sim.fault("lost_answer", "token")
    age(account.credential)

    with pytest.raises(TikTokError):
        usable_access_token(account.credential_id)
    assert status_of(account) == (AccountStatus.ACTIVE, "")
    with pytest.raises(ReconnectNeeded):
        usable_access_token(account.credential_id)

    assert status_of(account) == (AccountStatus.RECONNECT_NEEDED, "withdrawn")


@pytest.mark.parametrize("fault", ["server_error", "html_error", "rate_limit"])
def test_a_fault_of_tiktok_changes_nothing_and_the_next_try_succeeds(
    sim: Simulator, account: TikTokAccount, fault: str
) -> None:
    sim.fault(fault, "token")
    age(account.credential)

    with pytest.raises(TikTokError):
        usable_access_token(account.credential_id)
    usable_access_token(account.credential_id)

    fresh = TikTokCredential.objects.get(pk=account.credential_id)
    assert (fresh.version, fresh.refresh_owner) == (1, "")
    assert status_of(account) == (AccountStatus.ACTIVE, "")


def hold(credential: TikTokCredential, until: timedelta) -> None:
    """As a worker left it that died while refreshing."""
    TikTokCredential.objects.filter(pk=credential.pk).update(
        refresh_owner="dead", refresh_lease_until=timezone.now() + until
    )


def test_the_lease_of_a_killed_worker_ends(sim: Simulator, credential: TikTokCredential) -> None:
    age(credential)
    hold(credential, timedelta(seconds=0.5))

    usable_access_token(credential.pk)

    assert refreshes(sim) == 1


def test_while_another_worker_refreshes_nobody_asks_tiktok(
    sim: Simulator, credential: TikTokCredential, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "WAIT_S", 0.3)
    age(credential)
    hold(credential, timedelta(minutes=1))

    with pytest.raises(RefreshUnderWay):
        usable_access_token(credential.pk)

    assert refreshes(sim) == 0


def test_a_late_answer_revives_accounts_that_were_given_up(sim: Simulator, account: TikTokAccount) -> None:
    with instance_scope(account.instance):
        post = make_post(account, state="waiting_account")
    age(account.credential)
    TikTokCredential.objects.filter(pk=account.credential_id).update(withdrawn_at=timezone.now())
    with instance_scope(account.instance):
        TikTokAccount.objects.update(status=AccountStatus.RECONNECT_NEEDED, status_reason="withdrawn")
    slow = TikTokCredential.objects.select_related("app").get(pk=account.credential_id)

    tokens._refresh(slow, "mark")

    assert status_of(account) == (AccountStatus.ACTIVE, "")
    assert WorkItem.objects.get(pk=post.pk).next_action_at is not None


def test_tokens_that_do_not_decrypt_need_a_reconnect(sim: Simulator, account: TikTokAccount) -> None:
    foreign = seal(TikTokCredential, account.pk, "access_token", "act.other-row")
    TikTokCredential.objects.filter(pk=account.credential_id).update(access_token=foreign)

    with pytest.raises(ReconnectNeeded):
        usable_access_token(account.credential_id)

    assert status_of(account) == (AccountStatus.RECONNECT_NEEDED, "undecryptable")


def test_while_a_secret_is_being_changed_the_old_one_still_works(sim: Simulator, credential: TikTokCredential) -> None:
    app = credential.app
    TikTokApp.objects.filter(pk=app.pk).update(
        client_secret=seal(TikTokApp, app.pk, "client_secret", "not-yet-at-tiktok"),
        old_client_secret=seal(TikTokApp, app.pk, "old_client_secret", Secret(CLIENT_SECRET)),
    )
    age(credential)

    usable_access_token(credential.pk)

    assert [call.code for call in sim.requests("token")] == ["invalid_client", "ok"]


def test_two_users_refresh_side_by_side(sim: Simulator, app: TikTokApp) -> None:
    one, two = credential_of(sim, app, "maren"), credential_of(sim, app, "tomas")
    for credential in (one, two):
        age(credential)

    usable_access_token(one.pk)
    usable_access_token(two.pk)

    assert refreshes(sim) == 2
