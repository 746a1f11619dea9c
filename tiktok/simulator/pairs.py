"""Token pairs that were issued together, and refresh tokens that were sent again after they were used up.

Tokens are kept as SHA-256 in hex: the holder of one can find its pair, and none can be read here.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass
class Pair:
    """One answer of the token endpoint. ``used_at``: when a refresh replaced it; ``used_again``: refused uses since."""

    client_key: str
    user: str
    open_id: str
    access: str
    refresh: str
    issued_at: float
    access_expires_at: float
    used_at: float | None = None
    used_again: int = 0


class Pairs:
    """All pairs since the last reset, oldest first. Callers hold the world's lock."""

    def __init__(self) -> None:
        self._all: list[Pair] = []
        self._by_refresh: dict[str, Pair] = {}

    def __iter__(self) -> Iterator[Pair]:
        return iter(self._all)

    def note(self, pair: Pair) -> None:
        """Record an issued pair."""
        self._all.append(pair)
        self._by_refresh[pair.refresh] = pair

    def use(self, refresh_token: str, now: float) -> None:
        """Record that a refresh has replaced this refresh token."""
        if pair := self._by_refresh.get(digest(refresh_token)):
            pair.used_at = now

    def refuse(self, refresh_token: str) -> None:
        """Record a refused refresh token if it has been used up before."""
        pair = self._by_refresh.get(digest(refresh_token))
        if pair is not None and pair.used_at is not None:
            pair.used_again += 1


def digest(token: str) -> str:
    """Return SHA-256 in hex."""
    return hashlib.sha256(token.encode()).hexdigest()
