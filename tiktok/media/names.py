"""The name a person knows a file by: shown, never used as a path."""

import unicodedata
from typing import Final

LONGEST: Final = 255


def display_name(given: str) -> str:
    """The last part of ``given`` without control and direction characters, at most 255 characters; never empty."""
    last = given.replace("\\", "/").rsplit("/", 1)[-1]
    clean = "".join(char for char in last if unicodedata.category(char) not in {"Cc", "Cf", "Cs"})
    return " ".join(clean.split())[:LONGEST] or "video"
