"""Compare TikTok's records with the product's states. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

SETTLED: Final = frozenset({"published", "in_inbox", "failed", "cancelled", "needs_attention"})
MAYBE_PUBLISHED: Final = frozenset({"outcome_unknown", "quarantined"})


class Outcome(StrEnum):
    """The outcome of one post; all but the first three must never happen."""

    ONCE = "published once"
    ATTENTION = "needs_attention"
    FAILED = "failed"
    TWICE = "twice"
    LOST = "lost"
    OTHER_BYTES = "other bytes"
    DENIED = "published, but said not to be"
    MOVING = "still moving"


FORBIDDEN: Final = frozenset(Outcome) - {Outcome.ONCE, Outcome.ATTENTION, Outcome.FAILED}


@dataclass(frozen=True)
class Case:
    """One post: ``published`` has the SHA-256 of every publication at TikTok; state and reason are the product's.

    ``lag_s``: from the post's time to TikTok's status. ``is_pull``: TikTok downloads its media; ``end``: the state that
    it has to reach. ``story`` is for people.
    """

    caption: str
    sha256: str
    published: list[str]
    state: str
    reason: str = ""
    lag_s: float | None = None
    is_pull: bool = False
    end: str = "published"
    story: list[str] = field(default_factory=list, compare=False)


def judge(case: Case) -> Outcome:
    """TikTok's side weighs first: two publications are two, regardless of the product's state."""
    if len(case.published) > 1:
        return Outcome.TWICE
    if case.published and case.published != [case.sha256]:
        return Outcome.OTHER_BYTES
    if case.state not in SETTLED:
        return Outcome.MOVING if case.state else Outcome.LOST
    return _published(case) if case.published else _not_published(case)


def _published(case: Case) -> Outcome:
    if case.state == case.end:
        return Outcome.ONCE
    is_maybe = case.state == "needs_attention" and case.reason in MAYBE_PUBLISHED
    return Outcome.ATTENTION if is_maybe else Outcome.DENIED


def _not_published(case: Case) -> Outcome:
    if case.state == case.end:
        return Outcome.LOST
    return Outcome.ATTENTION if case.state == "needs_attention" else Outcome.FAILED
