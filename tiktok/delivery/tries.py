"""The number of inits that a post may cost, and their distribution over the time left (ADR 10)."""

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models import Count, Q

from core.jobs.clock import db_in
from tiktok.models import Post, Submission

WINDOW: Final = timedelta(hours=24)
MOST_UNANSWERED: Final = 10
MOST_ANSWERED: Final = 3
# Pauses before the second, third … try, at most; each is three times the one before it.
UNANSWERED_PAUSE_S: Final = 5.0
ANSWERED_PAUSE_S: Final = 600.0
GROWTH: Final = 3.0
# When the last try comes, as a share of the time left: other posts of the account may have to be uploaded, too.
LATEST_SHARE: Final = (0.93, 0.97)


@dataclass(frozen=True, slots=True)
class Tries:
    """Inits of the last 24 hours, or since a person last decided to send: with a publish_id, and without an answer.

    ``inits`` counts all inits of the post.
    """

    answered: int
    unanswered: int
    inits: int = 0

    @property
    def are_used_up(self) -> bool:
        """Return whether no further init is allowed without a person."""
        return self.answered >= MOST_ANSWERED or self.unanswered >= MOST_UNANSWERED


def tries_of(post: Post) -> Tries:
    """Count the inits in one statement. ``publish_at`` is the time of the person's decision, or the time they chose."""
    since = Q(init_sent_at__gt=db_in(-WINDOW)) & Q(init_sent_at__gte=post.publish_at or post.created_at)
    unanswered = Q(publish_id="", counts_as_unanswered=True)
    found = Submission.objects.filter(post=post).aggregate(
        answered=Count("pk", filter=since & ~Q(publish_id="")),
        unanswered=Count("pk", filter=since & unanswered),
        inits=Count("pk"),
    )
    return Tries(**found)


def pause_after_unanswered(tries: Tries, *, left_s: float) -> float:
    """Return seconds until the next init after one that TikTok did not answer."""
    return _pause(UNANSWERED_PAUSE_S, tries.unanswered, MOST_UNANSWERED, left_s)


def pause_after_answered(tries: Tries, *, left_s: float) -> float:
    """Return seconds until the next init after TikTok took a video and failed to publish it."""
    return _pause(ANSWERED_PAUSE_S, tries.answered, MOST_ANSWERED, left_s)


def latest_s(left_s: float) -> float:
    """Return how long a post may be held so that there is time for a further try."""
    return left_s * random.uniform(*LATEST_SHARE)  # noqa: S311 - jitter


def _pause(first_s: float, made: int, most: int, left_s: float) -> float:
    """Return a pause longer than the one before; the last try comes when most of ``left_s`` is over, none later."""
    latest = latest_s(left_s)
    pause = first_s * GROWTH ** max(made - 1, 0) * random.uniform(0.5, 1)  # noqa: S311 - jitter
    return latest if made == most - 1 else min(pause, latest)
