"""Parts of pages that ask for themselves again while something on them moves."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.http import HttpRequest
from django.utils import timezone

from tiktok.models import Post, PostState
from tiktok.posts.queries import is_moving

#: A page that is open for longer than this is not waited with for a scheduled post.
AHEAD: Final = timedelta(hours=1)
MOMENT: Final = timedelta(seconds=2)


def trigger_for(posts: Iterable[Post]) -> str:
    """Return htmx's trigger: every 2 s while a post moves, once when the next one is due, else never."""
    posts = list(posts)
    if any(is_moving(post) for post in posts):
        return "every 2s"
    now = timezone.now()
    ahead = [post.publish_at - now for post in posts if post.state == PostState.SCHEDULED and post.publish_at]
    soonest = min((left for left in ahead if left < AHEAD), default=None)
    if soonest is None:
        return ""
    return f"load delay:{int(max(soonest, MOMENT).total_seconds() + MOMENT.total_seconds())}s"


def version_of(posts: Iterable[Post], *more: object) -> str:
    """Return what changes when one of these posts, or anything else named, looks different."""
    seen: list[tuple[str, str, datetime, int]] = [
        (str(post.pk), post.state, post.updated_at, len(post.post_ids)) for post in posts
    ]
    return hashlib.sha256(repr((seen, more)).encode()).hexdigest()[:16]


def is_seen(request: HttpRequest, version: str) -> bool:
    """Whether a live part asks, and shows this version already."""
    return request.GET.get("seen") == version
