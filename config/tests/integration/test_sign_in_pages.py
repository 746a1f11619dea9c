"""allauth's pages, as we restyle them, obey the Content-Security-Policy and speak in our words."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from instances.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

STRANGERS = ["login/", "signup/", "password/reset/", "password/reset/done/", "confirm-email/", "inactive/"]
PEOPLE = [
    "logout/",
    "email/",
    "password/change/",
    "reauthenticate/",
    "sessions/",
    "2fa/",
    "2fa/totp/activate/",
]
BLOCKED = (
    r"\sstyle\s*=|<style\b|\son[a-z]+=[\"']|"
    r"<script\b(?![^>]*\bsrc=\"/static/)(?![^>]*type=\"application/json\")"
)
# allauth's own voice, which people met beside ours.
FOREIGN = (
    r"Confirm Access|Please reauthenticate|Authenticator App|Two-Factor|Remember Me|E-mail|Sign Out|"
    r"placeholder=\"(?:Email address|Password|Current Password|New Password|Code)\b"
)


def assert_page_obeys(client: Client, path: str) -> None:
    response = client.get(f"/auth/{path}")

    assert response.status_code == 200, path
    html = response.content.decode()
    assert re.findall(BLOCKED, html) == []
    assert re.findall(FOREIGN, html) == []
    assert "css/clipdesk.css" in html
    assert re.search(r"<title>\s*\S[^<]* · Clipdesk</title>", html)


@pytest.mark.parametrize("path", STRANGERS)
def test_page_before_sign_in(client: Client, path: str) -> None:
    assert_page_obeys(client, path)


@pytest.mark.parametrize("path", PEOPLE)
def test_page_after_sign_in(client: Client, path: str) -> None:
    user = UserFactory.create()
    client.post("/auth/login/", {"login": user.email, "password": PASSWORD})
    client.post("/auth/reauthenticate/", {"password": PASSWORD})

    assert_page_obeys(client, path)


def test_wrong_password_is_refused_in_our_words(client: Client) -> None:
    user = UserFactory.create()
    refused = client.post("/auth/login/", {"login": user.email, "password": "wrong"})
    assert refused.context["form"].errors == {"__all__": ["The email address or the password is wrong."]}

    client.force_login(user)
    asked = client.post("/auth/reauthenticate/", {"password": "wrong"})
    assert asked.context["form"].errors == {"password": ["The password is wrong."]}
    changed = client.post("/auth/password/change/", {"oldpassword": "wrong"})
    assert changed.context["form"].errors["oldpassword"] == ["This is not your current password."]


def test_page_that_is_not_there_says_so_in_our_words(client: Client) -> None:
    response = client.get("/auth/social/signup/")

    assert response.status_code == 404
    assert "Page not found" in response.content.decode()
