"""The display name of a file: shown, never used as a path."""

import re
from typing import Final

from accounts.names import on_one_line

LONGEST: Final = 255
QUOTED: Final = re.compile("%(22|0A|0D)")


def display_name(given: str) -> str:
    """Return the last part of ``given`` on one line, at most 255 characters; never empty."""
    last = given.replace("\\", "/").rsplit("/", 1)[-1]
    name = on_one_line(last)[:LONGEST]
    return name if any(map(str.isprintable, name)) else "file"


def form_name(sent: str) -> str:
    """Return a file name as a form sends it: browsers and curl write %22, %0A and %0D for what would end it.

    A name that contains such a sequence itself is sent like an escaped one. Everything else is unchanged.
    https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data
    """
    return QUOTED.sub(lambda match: chr(int(match[1], 16)), sent)
