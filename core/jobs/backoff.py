"""Waits between attempts."""

from datetime import timedelta
from typing import Final

MOST_DOUBLINGS: Final = 16


def wait_after(attempts: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """Return ``first`` after one attempt, twice as long after each further one, at most ``longest``."""
    return min(first * int(2 ** min(max(attempts - 1, 0), MOST_DOUBLINGS)), longest)
