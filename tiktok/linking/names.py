"""Names and other short texts that people and TikTok give: what of them can stand on one line. Pure."""

import unicodedata
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Line breaks and control characters; half a surrogate pair, which no database takes.
UNSEEN: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
# They turn the order of what is written after them, also outside the name. Joiners, which Persian names and emoji
# need, are fine.
TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_visible(text: str) -> bool:
    """Whether it reads as it stands, on one line."""
    return not any(_is_odd(char) for char in text)


def check_visible(text: str) -> None:
    """Raises ValidationError; for forms."""
    if not is_visible(text):
        raise ValidationError(_("Use visible characters, on one line."), code="characters")


def on_one_line(text: str) -> str:
    """The same without what ``is_visible`` refuses; for names that are not ours to refuse."""
    return " ".join("".join(" " if _is_odd(char) else char for char in text).split())


def _is_odd(char: str) -> bool:
    return char in TURNING or unicodedata.category(char) in UNSEEN
