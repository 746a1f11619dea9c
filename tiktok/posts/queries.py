"""Reading posts for pages and the API. Everything here runs inside an instance scope."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import (
    Case,
    Count,
    Exists,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    UUIDField,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from tiktok.accounts.page.posts import PostsOfAccount
from tiktok.api.types import PrivacyLevel
from tiktok.models import (
    AccountStatus,
    Media,
    MediaKind,
    Post,
    PostEvent,
    PostMedia,
    PostState,
    Submission,
    TikTokAccount,
)
from tiktok.posts.rules import options_of
from tiktok.posts.successors import is_reposted, sent_successors

LATEST_OF_ACCOUNT: Final = 10
LINK_WITHIN: Final = timedelta(hours=24)
#: What lists call "Publishing".
PUBLISHING: Final = frozenset(
    {PostState.DUE, PostState.INITING, PostState.UPLOADING, PostState.PROCESSING, PostState.IN_INBOX}
)
REPOSTED: Final = "reposted"
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
    posts = Post.objects.select_related("account", "account__credential__app", "created_by").annotate(
        reposted_as=Subquery(sent_successors().filter(corrects=OuterRef("pk")).values("pk")[:1])
    )
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
    """Return whether a live page should refresh in a moment."""
    return post.state in MOVING or is_awaiting_link(post)


def is_without_link(post: Post) -> bool:
    """Published for everyone, and TikTok has not given the public id yet."""
    is_public = post.privacy_level == PrivacyLevel.PUBLIC_TO_EVERYONE
    return post.state == PostState.PUBLISHED and is_public and not post.post_ids


def is_awaiting_link(post: Post) -> bool:
    """Without a link, and TikTok is still asked for it: during the first 24 h."""
    return is_without_link(post) and timezone.now() - (post.published_at or timezone.now()) <= LINK_WITHIN


def files_of(post: Post) -> tuple[Media, ...]:
    """Return the post's video, or its photos in their order."""
    return tuple(item.media for item in post.items.select_related("media"))


def successor_of(post: Post) -> Post | None:
    """Return the newest repost of a failed or cancelled post."""
    return Post.objects.filter(corrects=post).order_by("-created_at", "-id").first()


def version_of(post: Post) -> str:
    """Return a hash of the post's content and time, which holds and moves do not change."""
    content = (options_of(post), [media.pk for media in files_of(post)], post.publish_at, post.publish_zone)
    return hashlib.sha256(repr(content).encode()).hexdigest()


# Lists and counts of pages


def listed_posts() -> QuerySet[Post]:
    """Return posts with their account, the post they replace, and what a row shows of them; in no order.

    ``thumbnail``: id of the cover, or of the first file that has one; ``file_count``: of its files; ``when``: the time
    that matters; ``is_past_commit_point``: whether the last bytes may have left us.
    """
    files = PostMedia.objects.filter(post=OuterRef("pk")).order_by()
    seen = files.filter(media__deleted_at=None).exclude(media__thumbnail_path="")
    cover, first = seen.filter(position=OuterRef("photo_cover_index")), seen.order_by("position")
    handed_over = Submission.objects.filter(post=OuterRef("pk"), closed_at=None, commit_point_at__isnull=False)
    return Post.objects.select_related("account", "corrects").order_by().annotate(
        thumbnail=Coalesce(
            *(Subquery(rows.values("media_id")[:1], output_field=UUIDField()) for rows in (cover, first))
        ),
        file_count=Coalesce(Subquery(files.values("post").annotate(n=Count("pk")).values("n")), 0),
        when=Case(
            When(state=PostState.CANCELLED, then="updated_at"),
            default=Coalesce("published_at", "publish_at", "updated_at"),
        ),
        is_past_commit_point=Exists(handed_over),
    )  # fmt: skip


def counts_by_state(account_id: UUID) -> dict[str, int]:
    """Count an account's posts by state, without dismissed ones; a reposted failure counts as REPOSTED."""
    rows = Post.objects.filter(dismissed_at=None, account_id=account_id).order_by()
    reposted = Count("pk", filter=Q(is_reposted(), state=PostState.FAILED))
    counted = rows.values_list("state").annotate(n=Count("pk"), reposted=reposted)
    counts = {state: n - again for state, n, again in counted} | {REPOSTED: sum(again for *_, again in counted)}
    return {state: n for state, n in counts.items() if n}


def linked_accounts() -> QuerySet[TikTokAccount]:
    """Return every account that is linked, regardless of its status, by name."""
    return TikTokAccount.objects.exclude(status=AccountStatus.DISCONNECTED).order_by("name", "pk")


def recent_media(chosen_id: UUID | None, *, most: int = 8) -> list[Media]:
    """The newest videos, the chosen one first, each with ``checked``."""
    videos = Media.objects.filter(deleted_at=None, kind=MediaKind.VIDEO)
    rows = list(videos.order_by("-created_at")[:most])
    if chosen_id and chosen_id not in {media.pk for media in rows}:
        rows = [*videos.filter(pk=chosen_id), *rows]
    for media in rows:
        media.checked = media.pk == chosen_id  # type: ignore[attr-defined]
    return rows


def posts_of_account(account: TikTokAccount) -> PostsOfAccount:
    """Find what the account's page shows of its posts; two statements."""
    latest = listed_posts().filter(account=account, dismissed_at=None).order_by("-created_at", "-id")
    return PostsOfAccount(counts_by_state(account.pk), list(latest[:LATEST_OF_ACCOUNT]))
