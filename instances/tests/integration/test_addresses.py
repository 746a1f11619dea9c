"""Links in emails and redirects lead to BASE_URL, regardless of the host that a request names."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from core.models import OutgoingMail
from instances.tests.factories import PASSWORD
from instances.tests.integration.test_sign_in import sign_in

BASE_URL = "https://clip.example.com"
STRANGE_HOST = {"host": "localhost:31337"}


@pytest.fixture(autouse=True)
def at_a_public_address(settings: Settings) -> None:
    settings.BASE_URL = BASE_URL
    settings.EMAIL_URL = "smtp://localhost"
    settings.SIGNUP = "open"


def sign_up(client: Client, email: str) -> None:
    fields = {"email": email, "password1": "a long Passphrase 7", "name": "New", "team": "New"}
    client.post("/auth/signup/", fields, headers=STRANGE_HOST)


def reset(client: Client, email: str) -> None:
    client.post("/auth/password/reset/", {"email": email}, headers=STRANGE_HOST)


def links_of_the_mail() -> set[str]:
    """Return scheme and host of every link in the one email that waits."""
    mail = OutgoingMail.objects.get()
    return set(re.findall(r"https?://[^/\s\"]+", mail.text + mail.html))


@pytest.mark.parametrize("act", [sign_up, reset])
@pytest.mark.parametrize("email", ["owner@example.com", "unknown@example.com"])
def test_links_in_mails_are_built_from_base_url(
    client: Client, owner: User, settings: Settings, act: Callable[[Client, str], None], email: str
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    act(client, email)

    assert links_of_the_mail() == {BASE_URL}
    assert "31337" not in OutgoingMail.objects.get().text


@pytest.mark.parametrize(
    "target", ["https://localhost/x", "//localhost/x", "http://clip.example.com/x", "https://clip.example.com:1/x"]
)
def test_next_leads_nowhere_but_to_base_url(client: Client, owner: User, target: str) -> None:
    assert sign_in(client, owner, next=target) == "/i/aurora/"
    assert client.post("/auth/logout/", {"next": target})["Location"] == "/"
    assert Client().get("/admin/login/", {"next": target})["Location"] == "/auth/login/?next=/admin/"


def test_next_may_name_base_url_itself(client: Client, owner: User) -> None:
    assert sign_in(client, owner, next=f"{BASE_URL}/i/aurora/") == f"{BASE_URL}/i/aurora/"


def test_choosing_an_account_leads_nowhere_but_to_base_url(client: Client, owner: User) -> None:
    client.login(username=owner.email, password=PASSWORD)

    answer = client.post("/i/aurora/accounts/select/", {"account": "", "next": "https://localhost/x"})

    assert answer["Location"] == "/i/aurora/"
