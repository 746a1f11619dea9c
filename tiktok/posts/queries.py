"""Reading posts for pages and the API. Everything here runs inside an instance scope."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery, UUIDField
from django.db.models.functions import Coalesce
from django.utils import timezone

from tiktok.accounts.page.posts import PostsOfAccount
from tiktok.api.types import PrivacyLevel
from tiktok.models import AccountStatus, Media, Post, PostEvent, PostMedia, PostState, Submission, TikTokAccount
from tiktok.posts.rules import options_of

LATEST_OF_ACCOUNT: Final = 10
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


def media_of(post: Post) -> Media | None:
    """The post's video, if one is chosen."""
    item = post.items.select_related("media").first()
    return item.media if item else None


def successor_of(post: Post) -> Post | None:
    """Return the newest repost of a failed or cancelled post."""
    return Post.objects.filter(corrects=post).order_by("-created_at", "-id").first()


def version_of(post: Post) -> str:
    """Return a hash of the post's content and time, which holds and moves do not change."""
    media = media_of(post)
    content = (options_of(post), media.pk if media else None, post.publish_at, post.publish_zone)
    return hashlib.sha256(repr(content).encode()).hexdigest()


# What the pages list and count


def posts_for_list(
    *,
    state: str = "",
    account_id: UUID | None = None,
    set_aside: bool = False,
    order: Sequence[str] = ("-created_at", "-id"),
) -> QuerySet[Post]:
    """Posts with their account, first file (``thumbnail``: its id) and the time that matters (``when``).

    Posts that were set aside stand in a list of their own.
    """
    rows = Post.objects.select_related("account").filter(dismissed_at__isnull=not set_aside)
    if state:
        rows = rows.filter(state=state)
    if account_id:
        rows = rows.filter(account_id=account_id)
    first = PostMedia.objects.filter(post=OuterRef("pk"), media__deleted_at=None).exclude(media__thumbnail_path="")
    return rows.annotate(
        thumbnail=Subquery(first.values("media_id")[:1], output_field=UUIDField()),
        when=Coalesce("published_at", "publish_at", "updated_at"),
    ).order_by(*order)


def upcoming(account_id: UUID | None, *, most: int = 5) -> QuerySet[Post]:
    """The next scheduled posts, earliest first."""
    return posts_for_list(state=PostState.SCHEDULED, account_id=account_id, order=("publish_at", "id"))[:most]


def counts_by_state(account_id: UUID | None) -> dict[str, int]:
    """How many posts stand in each state, without those that were set aside."""
    rows = Post.objects.filter(dismissed_at=None)
    rows = rows.filter(account_id=account_id) if account_id else rows
    return dict(rows.order_by().values_list("state").annotate(n=Count("pk")))


def linked_accounts(chosen: TikTokAccount | None = None) -> QuerySet[TikTokAccount]:
    """Every account that is linked, whatever its health, and the chosen one."""
    is_linked = ~Q(status=AccountStatus.DISCONNECTED)
    wanted = is_linked | Q(pk=chosen.pk) if chosen else is_linked
    return TikTokAccount.objects.filter(wanted).order_by("name", "pk")


def recent_media(chosen_id: UUID | None, *, most: int = 8) -> list[Media]:
    """The newest videos, the chosen one first, each with ``checked``."""
    rows = list(Media.objects.filter(deleted_at=None).order_by("-created_at")[:most])
    if chosen_id and chosen_id not in {media.pk for media in rows}:
        rows = [*Media.objects.filter(pk=chosen_id, deleted_at=None), *rows]
    for media in rows:
        media.checked = media.pk == chosen_id  # type: ignore[attr-defined]
    return rows


def posts_of_account(account: TikTokAccount) -> PostsOfAccount:
    """What the account's page shows of its posts; two statements."""
    latest = posts_for_list(account_id=account.pk)[:LATEST_OF_ACCOUNT]
    return PostsOfAccount(counts_by_state(account.pk), list(latest))
