"""The key of a person's second factor is lost: no code fits, every page says what helps, and there is a way back."""

from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from accounts.forms import UNREADABLE_CODE
from accounts.models import AuditLogEntry, User
from instances.tests.integration.test_sign_in import ACTIVATE, post_code, set_up_totp, set_up_two_factor, sign_in

pytestmark = pytest.mark.django_db
CODES = "/auth/2fa/recovery-codes/"
STEP = "/auth/2fa/authenticate/"


def lose_key(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = {"k2": b"2" * 32}


def test_signing_in_says_that_no_code_can_fit_and_what_helps(client: Client, editor: User, settings: Settings) -> None:
    sign_in(client, editor)
    secret = set_up_totp(client)
    recovery_code = client.get(CODES).context["unused_codes"][0]
    other = Client()
    sign_in(other, editor)
    wrong = other.post(STEP, {"code": "000000"}).context["form"].errors["code"]
    lose_key(settings)

    answers = [post_code(other, STEP, secret), other.post(STEP, {"code": recovery_code})]

    assert wrong == ["The code is wrong."]
    assert [answer.context["form"].errors["code"] for answer in answers] == [[UNREADABLE_CODE]] * 2
    assert other.get("/instances/").status_code == 302


def test_person_who_is_signed_in_sets_up_two_factor_again(client: Client, editor: User, settings: Settings) -> None:
    sign_in(client, editor)
    set_up_two_factor(client)
    lose_key(settings)

    assert client.post("/auth/2fa/totp/deactivate/")["Location"] == "/auth/2fa/"
    secret = client.get(ACTIVATE).context["form"].secret
    post_code(client, ACTIVATE, secret)

    other = Client()
    sign_in(other, editor)
    assert post_code(other, STEP, secret)["Location"] == "/i/aurora/"


def test_unreadable_recovery_codes_are_not_shown_and_new_ones_work(
    client: Client, editor: User, settings: Settings
) -> None:
    sign_in(client, editor)
    set_up_two_factor(client)
    lose_key(settings)

    page = client.get(CODES).content.decode()
    assert "Your recovery codes no longer work" in page
    assert 'href="/auth/2fa/recovery-codes/generate/"' in page
    assert client.get(f"{CODES}download/")["Location"] == CODES
    client.post(f"{CODES}generate/")

    codes = client.get(CODES).context["unused_codes"]
    other = Client()
    sign_in(other, editor)
    assert other.post(STEP, {"code": codes[0]})["Location"] == "/i/aurora/"


def test_operator_takes_it_off_and_the_audit_log_says_so(client: Client, editor: User, settings: Settings) -> None:
    sign_in(client, editor)
    set_up_two_factor(client)
    lose_key(settings)
    said = StringIO()

    call_command("remove_two_factor", email=editor.email.upper(), stdout=said)
    call_command("remove_two_factor", email=editor.email, stdout=said)

    assert said.getvalue().splitlines() == [
        f"{editor.email}: two-factor removed.",
        f"{editor.email} has no second factor.",
    ]
    assert not Authenticator.objects.exists()
    assert sign_in(Client(), editor) == "/i/aurora/"
    line = AuditLogEntry.objects.get(action="person.two_factor_removed")
    assert (line.actor_label, line.target_id) == ("Clipdesk", str(editor.pk))
    with pytest.raises(CommandError, match=r"There is no account with the address nobody@example\.com\."):
        call_command("remove_two_factor", email="nobody@example.com")
