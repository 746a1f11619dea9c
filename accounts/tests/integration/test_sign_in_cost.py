"""Every answer to a login costs one hash, and says nothing about who has an account."""

from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from pytest_django import Settings

from accounts.models import User

LOGIN, SIGN_UP = "/auth/login/", "/auth/signup/"
PASSWORD = "correct horse battery"


class CountingHasher(MD5PasswordHasher):
    """The tests' hasher, counting what would each be a million rounds in production."""

    algorithm = "counted"
    calls = 0

    def encode(self, password: str, salt: str) -> str:
        type(self).calls += 1
        return super().encode(password, salt)


@pytest.fixture
def hasher(settings: Settings, db: None) -> type[CountingHasher]:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    User.objects.create_user("known@example.com", PASSWORD)
    User.objects.create_user("disabled@example.com", PASSWORD, is_active=False)
    User.objects.create_user("no-password@example.com")
    CountingHasher.calls = 0
    return CountingHasher


def sign_in(email: str, password: str) -> Any:
    return Client().post(LOGIN, {"login": email, "password": password})


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("known@example.com", PASSWORD),
        ("KNOWN@example.com", "wrong"),
        ("unknown@example.com", "wrong"),
        ("disabled@example.com", PASSWORD),
        ("disabled@example.com", "wrong"),
        ("no-password@example.com", "wrong"),
    ],
)
def test_every_sign_in_costs_one_hash(hasher: type[CountingHasher], email: str, password: str) -> None:
    sign_in(email, password)

    assert hasher.calls == 1


def test_disabled_account_answers_as_a_wrong_password_does(hasher: type[CountingHasher]) -> None:
    answers = [
        sign_in("disabled@example.com", PASSWORD),
        sign_in("known@example.com", "wrong"),
        sign_in("unknown@example.com", "wrong"),
    ]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert len({str(answer.context["form"].errors) for answer in answers}) == 1


@pytest.mark.parametrize("email", ["known@example.com", "new@example.com"])
def test_sign_up_costs_one_hash_and_answers_alike(hasher: type[CountingHasher], settings: Settings, email: str) -> None:
    settings.SIGNUP, settings.EMAIL_URL = "open", "smtp://localhost"
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"

    answer = Client().post(SIGN_UP, {"name": "A", "team": "Team", "email": email, "password1": PASSWORD})

    assert (hasher.calls, answer.status_code, answer["Location"]) == (1, 302, "/auth/confirm-email/")
