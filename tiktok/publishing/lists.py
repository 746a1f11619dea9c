"""What the pages about posts list and count."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, UUIDField
from django.db.models.functions import Coalesce

from tiktok.models import AccountStatus, Media, Post, PostMedia, PostState, TikTokAccount


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


def usable_accounts() -> QuerySet[TikTokAccount]:
    """Accounts to which something can be posted, by name."""
    rows = TikTokAccount.objects.select_related("credential__app").filter(status=AccountStatus.ACTIVE)
    return rows.order_by("name", "pk")


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
