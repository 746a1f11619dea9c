"""Warn of the same file to the same account within a day: it is rarely intended, since TikTok shows it twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from tiktok.models import Media, Post, PostMedia, PostState, TikTokAccount
from tiktok.models.post import IN_DOUBT
from tiktok.models.states import HANDED_OVER
from tiktok.posts.queries import files_of

WITHIN: Final = timedelta(hours=24)
WENT_OR_GOES: Final = HANDED_OVER | {
    PostState.SCHEDULED,
    PostState.DUE,
    PostState.WAITING_ACCOUNT,
    PostState.IN_INBOX,
    PostState.PUBLISHED,
}


@dataclass(frozen=True, slots=True)
class Warned:
    """A stable code, and words for people."""

    code: str
    message: str


def warning(
    account: TikTokAccount, files: Sequence[Media], at: datetime, *, besides: UUID | None = None
) -> Warned | None:
    """Return a warning if the account gets exactly these files within a day of ``at``, in any order.

    ``besides`` is the post itself.
    """
    wanted = sorted(media.sha256 for media in files)
    if not wanted or "" in wanted:
        return None
    around = _around(account, at, besides).filter(items__media__sha256=wanted[0]).distinct()
    others = around.prefetch_related(Prefetch("items", PostMedia.objects.select_related("media")))
    other = next((post for post in others if sorted(item.media.sha256 for item in post.items.all()) == wanted), None)
    return Warned("same_file", _words(other, account.instance.zone)) if other else None


def warnings_for(post: Post) -> list[Warned]:
    """Return the warnings for a post that is to be published; none for a draft."""
    if post.publish_at is None:
        return []
    found = warning(post.account, files_of(post), post.publish_at, besides=post.pk)
    return [found] if found else []


def _around(account: TikTokAccount, at: datetime, besides: UUID | None) -> QuerySet[Post]:
    rows = Post.objects.filter(Q(state__in=WENT_OR_GOES) | IN_DOUBT, account=account)
    rows = rows.exclude(pk=besides) if besides else rows
    rows = rows.annotate(at=Coalesce("published_at", "publish_at"))
    return rows.filter(at__range=(at - WITHIN, at + WITHIN)).order_by("-at")


def _words(other: Post, zone: ZoneInfo) -> str:
    when = timezone.localtime(other.published_at or other.publish_at, zone)
    time = date_format(when, "DATETIME_FORMAT")
    if other.state == PostState.PUBLISHED:
        text = _("This file was published to this account on %(time)s (%(zone)s).")
    elif other.state == PostState.SCHEDULED:
        text = _("This file is already scheduled for this account on %(time)s (%(zone)s).")
    else:
        text = _("This file is already being published to this account. It started on %(time)s (%(zone)s).")
    return text % {"time": time, "zone": zone.key}
