"""Status checks that a person asked for, and TikTok's answers, as lines of a post's history."""

from collections.abc import Sequence
from typing import Final

from django.db.models import Q

from tiktok.models import Post, PostEvent

# Keys in an event's detail.
CHECK: Final = "recheck"
ANSWER: Final = "said"


def has_pending_check(post: Post) -> bool:
    """Return whether a person asked for a check that TikTok has not answered yet."""
    lines = Q(detail__has_key=CHECK) | Q(detail__has_key=ANSWER)
    return ends_with_pending_check(list(PostEvent.objects.filter(lines, post=post).order_by("-id")[:1]))


def ends_with_pending_check(events: Sequence[PostEvent]) -> bool:
    """Return the same for lines of the history, oldest first."""
    lines = [event for event in events if CHECK in event.detail or ANSWER in event.detail]
    return bool(lines) and CHECK in lines[-1].detail
