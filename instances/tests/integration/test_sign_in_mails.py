"""The words of the emails that allauth sends: ours, with the product's name and address."""

from pathlib import Path
from typing import Final

import allauth
import pytest
from django.conf import settings as django_settings
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone
from pytest_django import Settings

from core.models import OutgoingMail
from instances.adapter import InstanceAccountAdapter

pytestmark = pytest.mark.django_db
LINK: Final = "https://desk.example.com/auth/some/link/"
# Of features that are off: codes by email, passkeys, addresses changed by allauth, sign-in by other services.
NEVER_SENT: Final = {
    "account/email/email_confirm",
    "account/email/email_deleted",
    "account/email/login_code",
    "account/email/password_reset_code",
    "mfa/email/webauthn_added",
    "mfa/email/webauthn_removed",
    "socialaccount/email/account_connected",
    "socialaccount/email/account_disconnected",
}
PLAIN: Final = ["email_confirmation", "email_confirmation_signup", "password_reset_key", "account_already_exists"]
MAILS: Final = [
    *(f"account/email/{name}" for name in [*PLAIN, "unknown_account"]),
    *(f"account/email/{name}" for name in ("password_changed", "password_reset", "password_set", "email_changed")),
    *(f"mfa/email/{name}" for name in ("totp_activated", "totp_deactivated", "recovery_codes_generated")),
]


@pytest.fixture
def asked(rf: RequestFactory, settings: Settings) -> HttpRequest:
    settings.EMAIL_URL, settings.BASE_URL = "smtp://localhost", "https://desk.example.com"
    return rf.post("/auth/")


@pytest.mark.parametrize("prefix", MAILS)
def test_email_says_who_sends_it_and_what_to_do(prefix: str, asked: HttpRequest) -> None:
    links = {"activate_url": LINK, "password_reset_url": LINK, "signup_url": LINK}
    change = {"timestamp": timezone.now(), "ip": "192.0.2.7", "user_agent": "Firefox"}
    addresses = {"from_email": "anna@example.com", "to_email": "anna@example.org"}
    InstanceAccountAdapter(asked).send_mail(prefix, "anna@example.com", links | change | addresses)

    mail = OutgoingMail.objects.get()
    assert mail.subject == mail.subject.strip().capitalize(), "a sentence, not A Title"
    assert "Clipdesk" in mail.text
    assert mail.text.rstrip().endswith("Clipdesk\nhttps://desk.example.com")
    assert not mail.html
    assert [words for words in ("{{", "None", " .", "Hello", "example.com!") if words in mail.text] == []
    assert ("192.0.2.7" in mail.text) == (prefix.removeprefix("account/email/") not in [*PLAIN, "unknown_account"])
    assert (LINK in mail.text) == (prefix.removeprefix("account/email/") in PLAIN)


def test_every_email_of_allauth_that_may_be_sent_has_our_words() -> None:
    theirs = Path(allauth.__file__).parent / "templates"
    known = {
        str(path.relative_to(theirs)).removesuffix("_message.txt") for path in theirs.glob("*/email/*_message.txt")
    } - {"account/email/base"}
    ours = Path(django_settings.BASE_DIR) / "templates"

    assert known - NEVER_SENT == set(MAILS)
    shared = {"account/email/email_confirmation_signup"}  # includes the one without _signup
    missing = [
        f"{prefix}_{part}.txt"
        for prefix in sorted(set(MAILS) - shared)
        for part in ("subject", "message")
        if not (ours / f"{prefix}_{part}.txt").exists()
    ]
    assert missing == []
