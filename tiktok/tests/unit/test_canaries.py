"""A search that finds nothing proves something only if it can find."""

import base64
import json
import zlib
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from tiktok.tests.canaries import Canaries

TOKEN = "act.Canary-4711!/+ü~7000.va"
FORMS: list[Callable[[str], str | bytes]] = [
    lambda token: f"bearer {token};",
    lambda token: f"before {token}".encode() + b"\xff",
    lambda token: quote(token, safe=""),
    quote_plus,
    lambda token: json.dumps({"token": token}),
    lambda token: token.encode().hex(),
    *(lambda token, n=n: base64.b64encode(b"x" * n + token.encode() + b"yy") for n in range(4)),
    *(lambda token, n=n: base64.urlsafe_b64encode(b"x" * n + token.encode()) for n in range(4)),
]


@pytest.mark.parametrize("form", FORMS)
def test_a_canary_is_found_in_every_form(form: Callable[[str], str | bytes]) -> None:
    assert Canaries("another-one-here", TOKEN).find_canary(form(TOKEN)) == [TOKEN]


def test_what_is_not_there_is_not_found() -> None:
    assert Canaries(TOKEN).find_canary("act.Canary-4712!" * 20 + str(zlib.crc32(TOKEN.encode()))) == []


def test_a_short_value_is_refused() -> None:
    with pytest.raises(AssertionError):
        Canaries("short")
