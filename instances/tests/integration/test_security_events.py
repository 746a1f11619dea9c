"""Sessions end in time, staff can end them, and what happens to sign-ins is logged and audited."""

import time
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditLogEntry, Tenant, User
from accounts.sessions import SIGNED_IN_AT, USED_ON
from instances.models import Instance
from instances.roles import Role
from instances.services import invite_member
from instances.tests.factories import PASSWORD, UserFactory
from instances.tests.integration.test_invitations import path_of
from instances.tests.integration.test_sign_in import ACTIVATE, LOGIN, set_up_totp, sign_in

BEHIND_CADDY = {"x-forwarded-for": "192.0.2.7", "user-agent": "Firefox"}


def actions() -> list[str]:
    return sorted(AuditLogEntry.objects.values_list("action", flat=True))


def days_left() -> float:
    """Until the only session ends."""
    return (Session.objects.get().expire_date - timezone.now()) / timedelta(days=1)


def aged(client: Client, days: int) -> None:
    """Let the sign-in of the session lie so many days back."""
    session = client.session
    session[SIGNED_IN_AT] = int(time.time()) - days * 24 * 3600
    session.save()


def test_session_ends_after_two_weeks_without_use(client: Client, editor: User) -> None:
    sign_in(client, editor)

    assert 13.9 < days_left() <= 14


def test_session_in_use_ends_thirty_days_after_the_sign_in(client: Client, editor: User) -> None:
    sign_in(client, editor)

    aged(client, 27)
    assert client.get("/instances/").status_code == 200
    assert 2.9 < days_left() <= 3
    aged(client, 30)

    assert client.get("/instances/").status_code == 302


def test_visit_moves_the_end_of_an_idle_session_and_a_poll_does_not(client: Client, editor: User) -> None:
    sign_in(client, editor)
    session = client.session
    session[USED_ON] = "2026-01-01"
    session.save()
    Session.objects.update(expire_date=timezone.now() + timedelta(days=1))

    client.get("/instances/", headers={"hx-request": "true"})
    assert days_left() < 1.1

    client.get("/instances/")
    assert 13.9 < days_left() <= 14


def test_reauthentication_changes_the_session_id_and_keeps_the_list(client: Client, editor: User) -> None:
    sign_in(client, editor)
    before = client.session.session_key
    again = client.get(ACTIVATE)["Location"]

    client.post(again, {"password": PASSWORD, "next": ACTIVATE})

    after = client.session.session_key
    assert after != before
    assert list(UserSession.objects.values_list("session_key", flat=True)) == [after]
    assert client.get("/instances/").status_code == 200
    assert not Session.objects.filter(pk=before).exists()


def test_sign_in_is_audited_with_the_clients_address(client: Client, editor: User, settings: Settings) -> None:
    settings.TRUSTED_PROXY_COUNT = 1

    client.post(LOGIN, {"login": editor.email, "password": PASSWORD}, headers=BEHIND_CADDY)

    line = AuditLogEntry.objects.get()
    assert (line.action, line.actor, line.tenant) == ("sign_in.succeeded", editor, Tenant.objects.get())
    assert (line.detail["client_address"], line.detail["user_agent"]) == ("192.0.2.7", "Firefox")


def test_failures_and_one_lockout_are_audited(client: Client, editor: User, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(8):
        client.post(LOGIN, {"login": editor.email, "password": "wrong-secret"})

    assert actions() == ["sign_in.failed"] * 5 + ["sign_in.locked_out"]
    lines = [record.getMessage() for record in caplog.records if record.name == "accounts.security_events"]
    assert [line.split()[0] for line in lines] == ["sign_in.failed"] * 5 + ["sign_in.locked_out"] * 3
    assert "wrong-secret" not in caplog.text


def test_unknown_address_is_logged_without_what_was_typed(
    client: Client, db: None, caplog: pytest.LogCaptureFixture
) -> None:
    client.post(LOGIN, {"login": "typed@example.com", "password": "wrong"})

    assert 'sign_in.failed person="unknown" client_address="127.0.0.1"' in caplog.text
    assert "typed@example.com" not in caplog.text


@pytest.mark.django_db(transaction=True)  # allauth tells of a new factor once it is committed
def test_second_factor_on_and_wrong_codes_are_audited(client: Client, editor: User) -> None:
    sign_in(client, editor)
    set_up_totp(client)
    other = Client()
    sign_in(other, editor)
    for _ in range(7):
        other.post("/auth/2fa/authenticate/", {"code": "000000"})

    assert actions().count("two_factor.added") == 2  # the app and the recovery codes
    assert actions().count("two_factor.failed") == 5
    assert actions().count("two_factor.locked_out") == 1


def test_changed_password_and_a_sign_out_are_audited(client: Client, editor: User) -> None:
    sign_in(client, editor)
    form = {"oldpassword": PASSWORD, "password1": "another horse battery", "password2": "another horse battery"}
    again = client.post("/auth/password/change/", form)
    if again["Location"].startswith("/auth/reauthenticate/"):
        client.post(again["Location"], {"password": PASSWORD})
        client.post("/auth/password/change/", form)

    client.post("/auth/logout/")

    assert {"password.changed", "session.signed_out"} <= set(actions())


def test_ended_sessions_are_audited(client: Client, editor: User) -> None:
    phone = Client()
    sign_in(client, editor)
    sign_in(phone, editor)

    client.post("/auth/sessions/")
    client.post("/auth/reauthenticate/", {"password": PASSWORD, "next": "/auth/sessions/"})

    assert phone.get("/instances/").status_code == 302
    assert "session.ended" in actions()


@pytest.mark.parametrize("has_account", [True, False])
def test_invitation_reads_the_same_whether_or_not_there_is_an_account(
    client: Client, instance: Instance, owner: User, has_account: bool
) -> None:
    if has_account:
        UserFactory.create(email="new@example.com")

    page = client.get(path_of(invite_member(instance, actor=owner, email="new@example.com", role=Role.EDITOR).link))

    assert "Create an account" in page.content.decode()
    assert "Sign in instead" in page.content.decode()
    assert "Sign in to accept" not in page.content.decode()
