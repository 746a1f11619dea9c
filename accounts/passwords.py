"""Which passwords are refused: short ones, and those that are made of words and patterns a guesser tries first."""

import re
from collections.abc import Iterable
from typing import Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.password_validation import CommonPasswordValidator, MinimumLengthValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Tenant, User

PRODUCT_WORDS: Final = ("clipdesk", "tiktok", "tik tok")
COMMON_WORDS: Final = (
    *("spring", "summer", "autumn", "winter", "fall", "fruehling", "sommer", "herbst"),
    *("january", "february", "march", "april", "june", "july", "august"),
    *("september", "october", "november", "december"),
    *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    *("password", "passwort", "passwd", "welcome", "willkommen", "letmein", "changeme", "default", "secret"),
    *("admin", "administrator", "login", "hello", "iloveyou", "football", "baseball", "dragon", "monkey", "test"),
)
RUNS: Final = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "asdfghjkl", "zxcvbnm")
LOOKALIKES: Final = str.maketrans("0134578@$!", "oieastbasi")
SHORTEST_WORD: Final = 3
SHORTEST_RUN: Final = 4
LEAST_LEFT: Final = 6
LEAST_DIFFERENT: Final = 5
PREDICTABLE: Final = gettext_lazy(
    "This password is easy to guess: it is mostly made of common words, dates or names. Use other words."
)
_common: Final = CommonPasswordValidator()


class LengthValidator(MinimumLengthValidator):
    """The minimum length, with the reason for it."""

    def get_help_text(self) -> str:
        """For the form."""
        return _(
            "At least %(length)d characters. Three or four unrelated words are easy to remember and hard to guess;"
            " length protects better than special characters."
        ) % {"length": self.min_length}


class PredictableValidator:
    """Refuse passwords that consist mostly of common words, years, runs and known names."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Raise ValidationError for a password that a guesser tries early."""
        if is_predictable(password, words_about(user)):
            raise ValidationError(PREDICTABLE, code="password_predictable")

    def get_help_text(self) -> str:
        """For the form."""
        return _(
            "Avoid passwords that are mostly a common word, a season, a year, your name, your address, your team or"
            " “Clipdesk”."
        )


def is_predictable(password: str, words: Iterable[str] = ()) -> bool:
    """Whether too little remains once everything that can be guessed is taken out."""
    if len(set(password)) < LEAST_DIFFERENT:
        return True
    known = [part for word in (*PRODUCT_WORDS, *COMMON_WORDS, *words) for part in _parts(word)]
    plain = password.casefold()
    return any(_is_little(text, known) for text in (plain, plain.translate(LOOKALIKES)))


def words_about(user: AbstractBaseUser | None) -> list[str]:
    """Return what others know about a person: address, name and tenants."""
    if not isinstance(user, User):
        return []
    local, _at, host = user.email.partition("@")
    known = [local, host.rpartition(".")[0], user.name]
    if user._state.adding:
        return known
    return [*known, *Tenant.objects.filter(memberships__user=user).values_list("name", flat=True)]


def _parts(text: str) -> list[str]:
    plain = text.casefold()
    parts = {*re.split(r"[\W_]+", plain), re.sub(r"[\W_]+", "", plain)}
    return [part for part in parts if len(part) >= SHORTEST_WORD]


def _is_little(text: str, known: list[str]) -> bool:
    stem = text.strip("0123456789 .,;:!?-_*#+")
    if stem in _common.passwords:
        return True
    for word in sorted(known, key=len, reverse=True):
        text = text.replace(word, " ")
    text = re.sub(r"(?:19|20)\d\d", " ", _without_runs(text))
    left = re.sub(r"[\W_]+", "", re.sub(r"(.)\1{2,}", r"\1", text))
    return len(left) < LEAST_LEFT


def _without_runs(text: str) -> str:
    """Without stretches of the alphabet, the digits and the keyboard's rows, in either direction."""
    for row in (line for run in RUNS for line in (run, run[::-1])):
        for length in range(len(row), SHORTEST_RUN - 1, -1):
            for start in range(len(row) - length + 1):
                text = text.replace(row[start : start + length], " ")
    return text
