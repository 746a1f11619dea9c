"""A person asks to check again; the history says so, and what TikTok said to it."""

from collections.abc import Sequence
from typing import Final

from django.db.models import Q

from tiktok.models import Post, PostEvent

# Keys in an event's detail.
QUESTION: Final = "recheck"
ANSWER: Final = "said"


def has_open_question(post: Post) -> bool:
    """Whether somebody asked and has got no answer yet."""
    talk = Q(detail__has_key=QUESTION) | Q(detail__has_key=ANSWER)
    return ends_with_question(list(PostEvent.objects.filter(talk, post=post).order_by("-id")[:1]))


def ends_with_question(events: Sequence[PostEvent]) -> bool:
    """The same for lines of the history, oldest first."""
    talk = [event for event in events if QUESTION in event.detail or ANSWER in event.detail]
    return bool(talk) and QUESTION in talk[-1].detail
