"""The posts on an account's page. Posts stand above accounts, so what finds them is registered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tiktok.models import Post, PostState, TikTokAccount
from tiktok.models.states import HANDED_OVER


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of the account's posts stand in a state."""

    state: str
    count: int

    @property
    def label(self) -> str:
        """ "3 · Scheduled"."""
        return f"{self.count} · {PostState(self.state).label}"


@dataclass(frozen=True, slots=True)
class PostsOfAccount:
    """``counts``: posts by state, without those set aside; ``latest``: the newest few, as lists show them."""

    counts: Mapping[str, int]
    latest: list[Post]

    @property
    def tallies(self) -> list[Tally]:
        """States that occur, in the order of a post's life."""
        return [Tally(state, self.counts[state]) for state in PostState.values if self.counts.get(state)]

    @property
    def total(self) -> int:
        """All of them, but those set aside."""
        return sum(self.counts.values())

    @property
    def under_way(self) -> int:
        """Posts that are at TikTok, or on the way."""
        return sum(count for state, count in self.counts.items() if state in HANDED_OVER)


Finder = Callable[[TikTokAccount], PostsOfAccount]
_finders: Final[list[Finder]] = []


def register_posts(finder: Finder) -> None:
    """Have ``finder`` find an account's posts. Call it in ``AppConfig.ready()``."""
    _finders.append(finder)


def posts_of(account: TikTokAccount) -> PostsOfAccount:
    """What the registered finder finds."""
    return _finders[-1](account)
