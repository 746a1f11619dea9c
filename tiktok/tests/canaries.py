"""Secrets that must be seen nowhere, and how to look for them."""

import base64
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

SHORTEST = 12


class Canaries:
    """Values to look for: unchanged, URL-encoded, in JSON, in hex, and in base64 at any offset."""

    def __init__(self, *values: str) -> None:
        self._forms: dict[bytes, str] = {}
        self.add(*values)

    def __len__(self) -> int:
        return len(set(self._forms.values()))

    def add(self, *values: str) -> None:
        """One that is too short would be found by chance."""
        for value in values:
            assert len(value) >= SHORTEST, f"{value!r} is too short to look for"
            for form in _forms(value):
                self._forms[form] = value

    def find_canary(self, text: str | bytes) -> list[str]:
        """The values that ``text`` holds in any form."""
        content = text.encode() if isinstance(text, str) else text
        return sorted({value for form, value in self._forms.items() if form in content})


def _forms(value: str) -> Iterator[bytes]:
    plain = value.encode()
    yield plain
    yield quote(value, safe="").encode()
    yield json.dumps(value)[1:-1].encode()
    yield from (plain.hex().encode(), plain.hex().upper().encode())
    for offset in range(3):
        yield from _in_base64(plain, offset)


def _in_base64(plain: bytes, offset: int) -> Iterator[bytes]:
    """Return the characters that do not depend on their neighbours."""
    until = (offset + len(plain)) // 3 * 4
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(bytes(offset) + plain)[4 if offset else 0 : until]


def secrets_of_tiktok(state: Path) -> set[str]:
    """Return everything that the simulated TikTok with this ``state`` has issued: tokens, secrets, upload addresses."""
    with closing(sqlite3.connect(f"file:{state}?mode=ro", uri=True)) as world:
        rows = world.execute("SELECT kind, value FROM items").fetchall()
    items = [(kind, json.loads(value)) for kind, value in rows]
    return {
        *(item["client_secret"] for kind, item in items if kind == "apps"),
        *(item["value"] for kind, item in items if kind in ("tokens", "codes")),
        *(item["upload_token"] for kind, item in items if kind == "posts"),
    }
