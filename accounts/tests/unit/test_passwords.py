"""Which passwords are refused."""

import pytest
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.exceptions import ValidationError

from accounts.models import User
from accounts.passwords import is_predictable


@pytest.mark.parametrize(
    "password",
    [
        "Summer2026",
        "Summer2026Summer",
        "Winter-2026-2027",
        "Clipdesk2026!",
        "ClipdeskTikTok1",
        "P@ssw0rd12345",
        "Password123456",
        "sunshine20262026",
        "qwertyuiop1234",
        "abcdefghijklmn",
        "123456789012",
        "aaaaaaaaaaaaaa",
        "abababababab",
        "maren.jansen2026",
        "nordwind-2026!",
        "short-pw-9",
    ],
)
def test_short_and_predictable_passwords_are_refused(password: str) -> None:
    person = User(email="maren.jansen@nordwind.example", name="Maren Jansen")

    with pytest.raises(ValidationError):
        validate_password(password, person)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "a-long-enough-phrase",
        "another horse battery",
        "x7Kq-vR2m-Lp9w",
        "夜の猫は静かに窓から歩いて出る",
    ],
)
def test_long_passwords_of_other_words_are_taken(password: str) -> None:
    validate_password(password, User(email="maren.jansen@nordwind.example", name="Maren Jansen"))


def test_name_of_the_team_makes_no_password() -> None:
    assert is_predictable("Café Abendrot 2026", ["Café Abendrot"])
    assert not is_predictable("Café Abendrot 2026")


def test_form_says_why_length_matters() -> None:
    assert "At least 12 characters. Three or four unrelated words" in password_validators_help_text_html()
