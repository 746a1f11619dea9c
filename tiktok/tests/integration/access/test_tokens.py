"""Refreshing against the simulated TikTok, whose refresh tokens rotate: one refresh, however many ask."""

import json
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from accounts.models import AuditLogEntry
from core.jobs.process import HOST, process_mark
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.access import tokens
from tiktok.access.tokens import ReconnectNeeded, RefreshUnderWay, usable_token
from tiktok.api.errors import TikTokError
from tiktok.api.secret import Secret
from tiktok.models import AccountStatus, TikTokAccount, TikTokApp, TikTokCredential, WorkItem
from tiktok.models.fields import seal
from tiktok.tests.factories import make_account, make_post
from tiktok.tests.fixtures_credentials import age, credential_of
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


def test_token_with_time_left_is_used_as_it_is(sim: Simulator, credential: TikTokCredential) -> None:
    assert usable_token(credential.pk).access_token == credential.access_token
    assert refreshes(sim) == 0


def test_token_that_ends_soon_is_refreshed_and_both_new_tokens_are_kept(
    sim: Simulator, credential: TikTokCredential
) -> None:
    age(credential)
    before = timezone.now()

    token = usable_token(credential.pk).access_token

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

    usable_token(credential.pk)

    fresh = TikTokCredential.objects.get(pk=credential.pk)
    assert fresh.access_issued_at is not None
    assert fresh.access_expires_at == fresh.access_issued_at + timedelta(seconds=600)
    assert usable_token(credential.pk).access_token == fresh.access_token  # ten minutes left is half its life
    assert refreshes(sim) == 1


def test_many_threads_cause_exactly_one_refresh(sim: Simulator, credential: TikTokCredential) -> None:
    sim.fault("slow", "token", delay_s=0.4)
    age(credential)

    answers = in_threads(6, lambda: usable_token(credential.pk).access_token)

    assert refreshes(sim) == 1
    newest = TikTokCredential.objects.get(pk=credential.pk).access_token
    assert answers == [newest] * 6


def test_after_a_401_the_token_is_refreshed_once(sim: Simulator, credential: TikTokCredential) -> None:
    seen = usable_token(credential.pk)

    answers = in_threads(4, lambda: usable_token(credential.pk, refresh_now=seen.version).version)

    assert answers == [seen.version + 1] * 4
    assert refreshes(sim) == 1


def test_withdrawn_grant_marks_the_accounts_of_all_instances(
    sim: Simulator, account: TikTokAccount, other_instance: Instance
) -> None:
    with instance_scope(other_instance):
        shared = make_account(other_instance, credential=account.credential)
    sim.revoke("maren")
    age(account.credential)

    with pytest.raises(ReconnectNeeded):
        usable_token(account.credential_id)

    assert status_of(account) == status_of(shared) == (AccountStatus.RECONNECT_NEEDED, "withdrawn")
    lines = AuditLogEntry.objects.filter(action="account.reconnect_needed")
    assert {line.instance_id for line in lines} == {account.instance_id, shared.instance_id}
    with pytest.raises(ReconnectNeeded):
        usable_token(account.credential_id)
    assert refreshes(sim) == 1  # nothing more is asked with a dead grant


def test_invalid_grant_is_ignored_if_a_newer_pair_was_stored(sim: Simulator, account: TikTokAccount) -> None:
    credential = account.credential
    age(credential)
    stale = TikTokCredential.objects.select_related("app").get(pk=credential.pk)
    newest = usable_token(credential.pk)

    answers = in_threads(1, lambda: tokens._refresh(stale, "a worker that slept through its lease"))

    assert answers == [newest]
    assert status_of(account) == (AccountStatus.ACTIVE, "")
    assert refreshes(sim) == 2


LOST_AFTER_ROTATION: list[tuple[str, dict[str, Any]]] = [
    ("lost_answer", {}),
    ("truncated_json", {}),
    ("server_error", {"after": True}),
    ("html_error", {"after": True}),
]


@pytest.mark.parametrize(("fault", "details"), LOST_AFTER_ROTATION)
def test_answer_lost_after_rotation_is_retried_then_needs_reconnect(
    sim: Simulator, account: TikTokAccount, fault: str, details: dict[str, Any]
) -> None:
    sim.fault(fault, "token", **details)
    age(account.credential)

    with pytest.raises(ReconnectNeeded):
        usable_token(account.credential_id)

    assert status_of(account) == (AccountStatus.RECONNECT_NEEDED, "pair_lost")
    assert [call.code for call in sim.requests("token")][1:] == ["invalid_grant"]


@pytest.mark.parametrize(
    ("fault", "details"),
    [*LOST_AFTER_ROTATION, ("drop_connection", {})],
)
def test_where_tiktok_keeps_the_refresh_token_a_lost_answer_costs_nothing(
    sim: Simulator, account: TikTokAccount, fault: str, details: dict[str, Any]
) -> None:
    sim.create_app(refresh_rotates=False, access_lifetime_s=86_400, refresh_lifetime_s=365 * 86_400)
    sim.fault(fault, "token", **details)
    age(account.credential)

    usable_token(account.credential_id)

    fresh = TikTokCredential.objects.get(pk=account.credential_id)
    assert fresh.access_issued_at is not None
    assert fresh.access_expires_at == fresh.access_issued_at + timedelta(days=1)
    assert fresh.refresh_expires_at == fresh.access_issued_at + timedelta(days=365)
    assert fresh.refresh_token == account.credential.refresh_token
    assert status_of(account) == (AccountStatus.ACTIVE, "")


@pytest.mark.parametrize("fault", ["server_error", "html_error", "drop_connection"])
def test_fault_of_tiktok_is_survived_by_asking_again(sim: Simulator, account: TikTokAccount, fault: str) -> None:
    sim.fault(fault, "token")
    age(account.credential)

    usable_token(account.credential_id)

    fresh = TikTokCredential.objects.get(pk=account.credential_id)
    assert (fresh.version, fresh.refresh_owner) == (1, "")
    assert refreshes(sim) == 2


@pytest.mark.parametrize(("fault", "asked"), [("server_error", 2), ("rate_limit", 1)])
def test_valid_token_is_used_to_its_end_while_refreshing_fails(
    sim: Simulator, account: TikTokAccount, fault: str, asked: int
) -> None:
    sim.fault(fault, "token", times=-1)
    age(account.credential, timedelta(minutes=2))

    assert usable_token(account.credential_id).access_token == account.credential.access_token
    assert refreshes(sim) == asked
    with pytest.raises(TikTokError):  # TikTok has refused this very token
        usable_token(account.credential_id, refresh_now=0)
    age(account.credential, timedelta(seconds=30))
    with pytest.raises(TikTokError):
        usable_token(account.credential_id)

    fresh = TikTokCredential.objects.get(pk=account.credential_id)
    assert (fresh.version, fresh.refresh_owner, fresh.refresh_lease_until) == (0, "", None)
    assert status_of(account) == (AccountStatus.ACTIVE, "")


def test_pair_of_another_tiktok_user_is_not_taken(sim: Simulator, account: TikTokAccount) -> None:
    foreign = {
        "access_token": "act.foreign", "refresh_token": "rft.foreign", "expires_in": 7200, "scope": "user.info.basic",
        "refresh_expires_in": 86_400, "open_id": "somebody-else", "token_type": "Bearer",
    }  # fmt: skip
    sim.fault("raw_body", "token", message=json.dumps(foreign), times=2)
    age(account.credential)

    assert usable_token(account.credential_id).access_token == account.credential.access_token
    fresh = TikTokCredential.objects.get(pk=account.credential_id)
    assert (fresh.version, fresh.refresh_token) == (0, account.credential.refresh_token)


def test_new_pair_outlasts_a_database_that_is_away(
    sim: Simulator, credential: TikTokCredential, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "SAVE_AGAIN_S", 0.01)
    age(credential)
    left = [OperationalError("server closed the connection"), InterfaceError("connection already closed")]

    def is_away(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        if left and sql.startswith("UPDATE") and "access_token" in sql:
            raise left.pop()
        return execute(sql, *arguments)

    with connection.execute_wrapper(is_away):
        token = usable_token(credential.pk).access_token

    fresh = TikTokCredential.objects.get(pk=credential.pk)
    assert (fresh.access_token, fresh.version, left) == (token, 1, [])
    assert refreshes(sim) == 1


def hold(credential: TikTokCredential, until: timedelta, owner: str = "elsewhere:1:2:3") -> None:
    """Leave the row like a worker that died while refreshing; of another host this is unknown."""
    TikTokCredential.objects.filter(pk=credential.pk).update(
        refresh_owner=owner, refresh_lease_until=timezone.now() + until
    )


def test_lease_of_a_dead_process_of_this_host_is_taken_over_at_once(
    sim: Simulator, credential: TikTokCredential
) -> None:
    with subprocess.Popen(["true"]) as gone:
        pass
    age(credential)
    hold(credential, timedelta(minutes=2), owner=f"{HOST}:{gone.pid}:17:mark")

    usable_token(credential.pk)

    assert refreshes(sim) == 1


def test_pair_that_died_with_its_process_is_called_lost(sim: Simulator, account: TikTokAccount) -> None:
    sim.revoke("maren")
    age(account.credential)
    hold(account.credential, timedelta(seconds=-1))

    with pytest.raises(ReconnectNeeded):
        usable_token(account.credential_id)

    assert status_of(account) == (AccountStatus.RECONNECT_NEEDED, "pair_lost")


@pytest.mark.parametrize(("says", "life"), [(2**62, tokens.MOST_S), (-5, 0)])
def test_absurd_lifetime_does_not_cost_the_pair(
    sim: Simulator, credential: TikTokCredential, says: int, life: int
) -> None:
    odd = {
        "access_token": "act.new", "refresh_token": "rft.new", "expires_in": says, "refresh_expires_in": says,
        "scope": "user.info.basic", "open_id": credential.open_id, "token_type": "Bearer",
    }  # fmt: skip
    sim.fault("raw_body", "token", message=json.dumps(odd))
    age(credential)

    assert usable_token(credential.pk).access_token.reveal() == "act.new"
    fresh = TikTokCredential.objects.get(pk=credential.pk)
    assert fresh.access_issued_at is not None
    assert fresh.access_expires_at == fresh.access_issued_at + timedelta(seconds=life)
    assert fresh.refresh_token == Secret("rft.new")


def test_lease_of_a_living_process_of_this_host_is_respected(
    sim: Simulator, credential: TikTokCredential, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "WAIT_S", 0.3)
    age(credential, timedelta(seconds=1))
    hold(credential, timedelta(minutes=2), owner=f"{process_mark()}:mark")

    assert [type(answer) for answer in in_threads(1, lambda: usable_token(credential.pk))] == [RefreshUnderWay]
    assert refreshes(sim) == 0


def test_lease_of_a_killed_worker_ends(sim: Simulator, credential: TikTokCredential) -> None:
    age(credential)
    hold(credential, timedelta(seconds=0.5))

    usable_token(credential.pk)

    assert refreshes(sim) == 1


def test_no_second_refresh_while_another_worker_refreshes(
    sim: Simulator, credential: TikTokCredential, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "WAIT_S", 0.3)
    hold(credential, timedelta(minutes=1))

    age(credential, timedelta(seconds=30))
    assert [type(answer) for answer in in_threads(1, lambda: usable_token(credential.pk))] == [RefreshUnderWay]
    age(credential, timedelta(minutes=2))
    assert usable_token(credential.pk).access_token == credential.access_token

    assert refreshes(sim) == 0


def test_late_answer_revives_accounts_that_were_given_up(sim: Simulator, account: TikTokAccount) -> None:
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
        usable_token(account.credential_id)

    assert status_of(account) == (AccountStatus.RECONNECT_NEEDED, "undecryptable")


def test_while_a_secret_is_being_changed_the_old_one_still_works(sim: Simulator, credential: TikTokCredential) -> None:
    app = credential.app
    TikTokApp.objects.filter(pk=app.pk).update(
        client_secret=seal(TikTokApp, app.pk, "client_secret", "not-yet-at-tiktok"),
        old_client_secret=seal(TikTokApp, app.pk, "old_client_secret", Secret(CLIENT_SECRET)),
    )
    age(credential)

    usable_token(credential.pk)

    assert [call.code for call in sim.requests("token")] == ["invalid_client", "ok"]


def test_refresh_that_ends_after_another_consent_changes_nothing(sim: Simulator, account: TikTokAccount) -> None:
    sim.create_app(reauthorization_ends_tokens=False)
    age(account.credential)
    slow = TikTokCredential.objects.select_related("app").get(pk=account.credential_id)
    given = sim.grant("maren")
    TikTokCredential.objects.filter(pk=slow.pk).update(
        access_token=seal(TikTokCredential, slow.pk, "access_token", given.access_token),
        refresh_token=seal(TikTokCredential, slow.pk, "refresh_token", given.refresh_token),
        access_expires_at=timezone.now() + timedelta(hours=2), version=slow.version + 1,
    )  # fmt: skip

    assert tokens._refresh(slow, "mark").access_token.reveal() == given.access_token

    kept = TikTokCredential.objects.get(pk=slow.pk)
    assert (kept.access_token, kept.refresh_token) == (Secret(given.access_token), Secret(given.refresh_token))
    assert refreshes(sim) == 1


def test_two_users_refresh_side_by_side(sim: Simulator, app: TikTokApp) -> None:
    one, two = credential_of(sim, app, "maren"), credential_of(sim, app, "tomas")
    for credential in (one, two):
        age(credential)

    usable_token(one.pk)
    usable_token(two.pk)

    assert refreshes(sim) == 2
