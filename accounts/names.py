"""Names and other short texts that people and TikTok give: on one line, and without links in emails."""

import re
import unicodedata
from typing import Any, Final

from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Line breaks and control characters; half a surrogate pair, which no database takes.
UNSEEN: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
# They turn the order of what is written after them, also outside the name. Joiners, which Persian names and emoji
# need, are fine.
TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
LONGEST_IN_MAIL: Final = 60
DOTS: Final = ".\u2024\u3002\uff0e\uff61"  # browsers take all of them for the dot of a host name
SCHEME: Final = re.compile(r"\b[a-z][a-z0-9+.-]*:/{2,}", re.IGNORECASE)
# Text that email programs turn into a link: the dot of a host name (not that of an initial), the @ of an address.
LINKING: Final = re.compile(rf"(?<=\S)(?:[{DOTS}](?=[^\w\s]{{0,2}}(?:\w\w|\d))|@(?=\S))")
ADDRESS: Final = re.compile(rf"[a-z]:/{{2,}}|\bwww[{DOTS}]|[^\s@]@[^\s@]+[{DOTS}]\w|\w[{DOTS}]\w{{2,}}/", re.IGNORECASE)
HANDLE: Final = re.compile(r"@[\w.]{1,40}")  # a TikTok user; their names have dots
QUOTES: Final = str.maketrans(dict.fromkeys('"“”„«»', "'"))


def is_visible(text: str) -> bool:
    """Return whether the text is visible on one line."""
    return not any(_is_odd(char) for char in text)


def check_visible(text: str) -> None:
    """Raise ValidationError for text that is not visible on one line."""
    if not is_visible(text):
        raise ValidationError(_("Use visible characters, on one line."), code="characters")


def check_name(text: str) -> None:
    """Raise ValidationError for a name that is not on one line or holds a web or email address."""
    check_visible(text)
    if ADDRESS.search(text):
        raise ValidationError(_("Use a name without web or email addresses."), code="address")


class NameField(forms.CharField):
    """A name that other people read, of a person, a team or an instance."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.validators.append(check_name)


def name_in_mail(text: str) -> str:
    """Return a name for an email: one line, at most 60 characters, nothing that becomes a link or ends a quotation."""
    line = on_one_line(text)
    if not HANDLE.fullmatch(line):
        line = on_one_line(LINKING.sub(" ", SCHEME.sub("", line))).translate(QUOTES)
    return line if len(line) <= LONGEST_IN_MAIL else f"{line[: LONGEST_IN_MAIL - 1].rstrip()}…"


def login_of(user: AbstractBaseUser) -> str:
    """Return the name that allauth gives a person in its emails: the address, never the name that they typed."""
    return user.get_username()


def on_one_line(text: str) -> str:
    """Return the text without what ``is_visible`` refuses, for names that come from elsewhere."""
    return " ".join("".join(" " if _is_odd(char) else char for char in text).split())


def _is_odd(char: str) -> bool:
    return char in TURNING or unicodedata.category(char) in UNSEEN
