"""Reading posts for pages and the API. Everything here runs inside an instance scope."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from tiktok.api.types import PrivacyLevel
from tiktok.models import Post, PostEvent, PostMedia, PostState, Submission

LINK_WITHIN: Final = timedelta(hours=24)
MOVING: Final = frozenset({PostState.DUE, PostState.INITING, PostState.UPLOADING, PostState.PROCESSING})
#: They stand still until their time, a reconnected account, TikTok's word or a person; an open page then follows.
RESTING: Final = frozenset({PostState.SCHEDULED, PostState.WAITING_ACCOUNT, PostState.NEEDS_ATTENTION})


@dataclass(frozen=True, slots=True)
class Progress:
    """``sent_bytes``: acknowledged by TikTok. ``shown_bytes``: with what has left us of the chunk under way."""

    sent_bytes: int
    shown_bytes: int
    total_bytes: int

    @property
    def percent(self) -> int:
        """0 to 100, rounded down, of what is shown; 100 means all of them."""
        return self.shown_bytes * 100 // self.total_bytes if self.total_bytes else 0


def list_posts(
    *, states: Iterable[str] = (), account_id: UUID | None = None, set_aside: bool | None = None
) -> QuerySet[Post]:
    """Newest first, with account, file and submissions loaded: a page of them takes a fixed number of queries.

    ``set_aside``: only such posts, or only others; None takes both.
    """
    posts = Post.objects.select_related("account", "account__credential__app", "created_by")
    posts = posts.prefetch_related(
        Prefetch("items", PostMedia.objects.select_related("media")),
        Prefetch("submissions", Submission.objects.defer("upload_url")),
    )
    if wanted := list(states):
        posts = posts.filter(state__in=wanted)
    if set_aside is not None:
        posts = posts.filter(dismissed_at__isnull=not set_aside)
    return posts.filter(account_id=account_id) if account_id else posts


def events_of(post: Post) -> QuerySet[PostEvent]:
    """The post's history, oldest first."""
    return PostEvent.objects.filter(post=post).select_related("actor").order_by("id")


def progress_of(post: Post) -> Progress | None:
    """How far the newest submission's bytes have got; None before the first."""
    submissions = list(post.submissions.all())
    if not submissions:
        return None
    newest = max(submissions, key=lambda submission: submission.number)
    shown = min(max(newest.sent_bytes, newest.sending_bytes), newest.video_size)
    return Progress(newest.sent_bytes, shown, newest.video_size)


def publish_id_of(post: Post) -> str:
    """TikTok's id of the newest submission; empty before TikTok gave one."""
    submissions = sorted(post.submissions.all(), key=lambda submission: submission.number)
    return submissions[-1].publish_id if submissions else ""


def is_moving(post: Post) -> bool:
    """Whether a live page should look again in a moment."""
    return post.state in MOVING or is_awaiting_link(post)


def is_without_link(post: Post) -> bool:
    """Published for everyone, and TikTok has not given the public id yet."""
    is_public = post.privacy_level == PrivacyLevel.PUBLIC_TO_EVERYONE
    return post.state == PostState.PUBLISHED and is_public and not post.post_ids


def is_awaiting_link(post: Post) -> bool:
    """Without a link, and TikTok is still asked for it: during the first 24 h."""
    return is_without_link(post) and timezone.now() - (post.published_at or timezone.now()) <= LINK_WITHIN
