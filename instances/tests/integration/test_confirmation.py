"""The email that confirms an address: it is sent when the page says so, and its owner can always get one."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditLogEntry, LimitEntry, User
from core.models import OutgoingMail
from instances.tests.factories import PASSWORD, UserFactory

SIGN_UP, SENT, LOGIN = "/auth/signup/", "/auth/confirm-email/", "/auth/login/"
EMAIL = "anna@example.com"
FORM = {"name": "Anna", "team": "Nordwind", "email": EMAIL, "password1": PASSWORD}
AGAIN = "You can send it again in 3 minutes."

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def open_with_mail(settings: Settings) -> None:
    settings.SIGNUP = "open"
    settings.EMAIL_URL = "smtp://localhost"
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


def subjects() -> list[str]:
    return list(OutgoingMail.objects.order_by("created_at").values_list("subject", flat=True))


def page_of(client: Client) -> str:
    return client.get(SENT).content.decode()


def let_three_minutes_pass() -> None:
    """Let what limits emails expire."""
    LimitEntry.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def sign_in(client: Client) -> None:
    answer = client.post(LOGIN, {"login": EMAIL, "password": PASSWORD})
    assert answer["Location"] == SENT


def test_stranger_at_sign_up_does_not_silence_the_owners_confirmation(client: Client) -> None:
    UserFactory.create(email=EMAIL)  # made before email was set up, so never confirmed
    Client().post(SIGN_UP, FORM)

    sign_in(client)

    assert subjects() == ["You already have an account", "Confirm your email address"]
    assert EMAIL in page_of(client)


def test_confirmation_is_sent_again_after_three_minutes(client: Client) -> None:
    client.post(SIGN_UP, FORM)
    assert AGAIN in page_of(client)

    early = client.post(SENT, follow=True)
    assert AGAIN in early.content.decode()
    assert subjects() == ["Confirm your email address"]

    let_three_minutes_pass()
    assert "You can send it again" not in page_of(client)
    late = client.post(SENT, follow=True)

    assert "Email sent." in late.content.decode()
    assert subjects() == ["Confirm your email address"] * 2
    link = re.search(r"/auth/confirm-email/\S+", OutgoingMail.objects.latest("created_at").text)
    assert link
    client.post(link[0])
    assert EmailAddress.objects.get().verified


def test_signing_in_right_after_sign_up_sends_no_second_email(client: Client) -> None:
    Client().post(SIGN_UP, FORM)

    sign_in(client)

    assert subjects() == ["Confirm your email address"]
    assert AGAIN in page_of(client)


def test_sign_up_page_does_not_tell_a_known_address_from_a_new_one() -> None:
    UserFactory.create(email="known@example.com")
    texts = []
    for email in ("known@example.com", "new@example.com"):
        client = Client()
        client.post(SIGN_UP, FORM | {"email": email})
        second = Client()
        second.post(SIGN_UP, FORM | {"email": email})
        pages = [page_of(client), client.post(SENT, follow=True).content.decode(), page_of(second)]
        let_three_minutes_pass()
        pages.append(client.post(SENT, follow=True).content.decode())
        texts.append([re.sub(r'name="csrfmiddlewaretoken" value="\w+"|nonce-\S+', "", page) for page in pages])

    known, new = ([page.replace("known@", "new@") for page in pages] for pages in texts)
    assert known == new
    assert OutgoingMail.objects.filter(to="known@example.com").count() == 2
    assert OutgoingMail.objects.filter(to="new@example.com").count() == 2


def test_page_without_a_sign_up_says_how_to_get_the_email(client: Client) -> None:
    page = page_of(client)

    assert "We sent" not in page
    assert "Sign in, and Clipdesk sends you an email with a new link." in page
    assert client.post(SENT).status_code == 200
    assert subjects() == []


def reset_password(client: Client, email: str) -> None:
    client.post("/auth/password/reset/", {"email": email})
    link = re.search(r"/auth/password/reset/key/\S+", OutgoingMail.objects.latest("created_at").text)
    assert link
    form = client.get(link[0], follow=True).redirect_chain[-1][0]
    client.post(form, {"password1": "another horse battery", "password2": "another horse battery"})


@pytest.mark.parametrize("has_row", [True, False])
def test_password_reset_confirms_the_address(client: Client, editor: User, has_row: bool) -> None:
    EmailAddress.objects.filter(user=editor).delete()
    if has_row:
        EmailAddress.objects.create(user=editor, email=editor.email, primary=True, verified=False)

    reset_password(client, editor.email)
    answer = client.post(LOGIN, {"login": editor.email, "password": "another horse battery"})

    assert answer["Location"] == "/i/aurora/"
    assert EmailAddress.objects.get(user=editor).verified
    assert AuditLogEntry.objects.filter(action="address.confirmed").count() == 1


def test_email_about_a_reset_password_leads_to_another_reset(client: Client, editor: User) -> None:
    reset_password(client, editor.email)

    text = OutgoingMail.objects.latest("created_at").text
    assert "/auth/password/reset/\n" in text
    assert "/auth/password/change/" not in text


def test_operator_confirms_an_address(editor: User) -> None:
    EmailAddress.objects.filter(user=editor).delete()
    said = StringIO()

    call_command("confirm_address", email=editor.email.upper(), stdout=said)
    call_command("confirm_address", email=editor.email, stdout=said)

    assert said.getvalue().splitlines() == [f"{editor.email}: confirmed.", f"{editor.email} was confirmed already."]
    assert EmailAddress.objects.get(user=editor).verified
    assert AuditLogEntry.objects.filter(action="address.confirmed").count() == 1
    with pytest.raises(CommandError, match="no account"):
        call_command("confirm_address", email="missing@example.com")


def test_lockout_says_when_it_ends(client: Client, editor: User) -> None:
    page = ""
    for _ in range(6):
        page = client.post(LOGIN, {"login": editor.email, "password": "wrong"}).content.decode()
    assert "Too many failed attempts. Try again in 5 minutes." in page


def test_too_many_requests_are_answered_in_our_words(client: Client, editor: User) -> None:
    for _ in range(5):
        assert client.post("/auth/password/reset/", {"email": editor.email}).status_code == 302

    answer = client.post("/auth/password/reset/", {"email": editor.email})

    assert answer.status_code == 429
    assert "Wait a minute, then try again." in answer.content.decode()
