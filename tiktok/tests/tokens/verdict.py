"""The verdict of the runs. Pure."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from tiktok.tests.chaos.verdict import Outcome


@dataclass(frozen=True)
class Storm:
    """The observations. ``refreshes`` by TikTok user; ``outlived``: uploads that took longer than a token."""

    users: int
    life_s: int
    seconds: float
    outcomes: Counter[Outcome]
    refreshes: Counter[str]
    outlived: int
    refused: Counter[str] = field(default_factory=Counter)
    used_twice: int = 0
    restarted: int = 0
    sent_again: int = 0
    lost: int = 0

    @property
    def least_refreshes(self) -> int:
        """Return how many refreshes a run needs: a busy user one in each life, a slow uploader a few less."""
        return max(1, int(self.users * self.seconds / self.life_s / 3))

    def faults(self) -> list[str]:
        """Why the run is not clean."""
        named = {
            "refresh tokens used twice": self.used_twice,
            "publishes restarted": self.restarted,
            "chunks sent again": self.sent_again,
            "accounts lost": self.lost,
            "not all published once": self.outcomes.total() - self.outcomes[Outcome.ONCE],
            "too few refreshes to tell anything": self.refreshes.total() < self.least_refreshes,
            "no upload outlived its token": not self.outlived,
        }
        return [name for name, count in named.items() if count]


class Moment(StrEnum):
    """When a process dies."""

    RANDOM = "at a random moment"
    BEFORE_CLAIM = "before the claim"
    AFTER_CLAIM = "after the claim"
    BEFORE_CALL = "before the request"
    AFTER_CALL = "with TikTok's answer"
    BEFORE_SAVE = "before our commit"
    AFTER_SAVE = "after our commit"


# TikTok has answered, but the answer was not stored.
FATAL = frozenset({Moment.AFTER_CALL, Moment.BEFORE_SAVE})
NAMED = tuple(moment for moment in Moment if moment != Moment.RANDOM)


@dataclass(frozen=True)
class Fate:
    """One account. ``moment``: when its refresh was killed, None: it was not.

    ``is_stale``: TikTok has replaced the stored refresh token, which only a death in the fatal window may leave behind.
    ``is_whole``: the stored tokens are one pair that TikTok gave out for this very user.
    """

    moment: Moment | None
    is_active: bool
    is_stale: bool
    is_whole: bool

    def faults(self) -> list[str]:
        """Return the forbidden results."""
        named = {
            "foreign or half pair": not self.is_whole,
            "lost, though not killed between TikTok's answer and our commit": not self.is_stale and not self.is_active,
            "said to be active without usable tokens": self.is_stale and self.is_active,
            "rotated and not stored, though not killed there": self.is_stale and not self._may_be_stale,
        }
        return [name for name, is_so in named.items() if is_so]

    @property
    def _may_be_stale(self) -> bool:
        return self.moment == Moment.RANDOM or self.moment in FATAL
