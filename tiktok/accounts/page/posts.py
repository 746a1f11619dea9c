"""The posts on an account's page. ``posts`` imports ``accounts``, so it registers what finds them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tiktok.models import Post, PostState, TikTokAccount
from tiktok.models.states import HANDED_OVER


@dataclass(frozen=True, slots=True)
class Tally:
    """The number of an account's posts in one state."""

    state: str
    count: int

    @property
    def label(self) -> str:
        """ "3 · Scheduled"."""
        return f"{self.count} · {PostState(self.state).label}"


@dataclass(frozen=True, slots=True)
class PostsOfAccount:
    """``counts``: posts by state, without dismissed ones; ``latest``: the newest few, as in lists."""

    counts: Mapping[str, int]
    latest: list[Post]

    @property
    def tallies(self) -> list[Tally]:
        """The states in use, in the order of a post's life."""
        return [Tally(state, self.counts[state]) for state in PostState.values if self.counts.get(state)]

    @property
    def total(self) -> int:
        """All posts but dismissed ones."""
        return sum(self.counts.values())

    @property
    def under_way(self) -> int:
        """Posts that are at TikTok or being sent."""
        return sum(count for state, count in self.counts.items() if state in HANDED_OVER)


Finder = Callable[[TikTokAccount], PostsOfAccount]
_finders: Final[list[Finder]] = []


def register_posts(finder: Finder) -> None:
    """Have ``finder`` find an account's posts. Call it in ``AppConfig.ready()``."""
    _finders.append(finder)


def posts_of(account: TikTokAccount) -> PostsOfAccount:
    """Find an account's posts with the registered finder."""
    return _finders[-1](account)
