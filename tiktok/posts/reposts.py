"""Posts that were not published because of an outage of TikTok: find them and repost them together.

Each is certainly not published: TikTok refused it, or nothing was sent.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from core.jobs.clock import db_in
from core.web.refusals import UserRefusal
from tiktok.models import AttentionReason, Post, PostState, StaleState
from tiktok.posts import consent as consents
from tiktok.posts.consent import Consent
from tiktok.posts.services import correct_post, locked, publish_post

# Older outages are no longer offered: what has waited for a week is better looked at post by post.
OFFERED_FOR: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class LostPosts:
    """How many posts of the instance an outage has cost, and when it was; ``ended_at`` None: it lasts."""

    outage_id: UUID
    count: int
    began_at: datetime
    ended_at: datetime | None

    def title(self, zone: ZoneInfo) -> str:
        """Return the sentence above the posts."""
        text = ngettext(
            "TikTok did not accept %(n)d post after %(time)s",
            "TikTok did not accept %(n)d posts after %(time)s",
            self.count,
        )
        time = date_format(timezone.localtime(self.began_at, zone), "DATETIME_FORMAT")
        return text % {"n": self.count, "time": time}


@dataclass(slots=True)
class Reposted:
    """The posts that are on their way now (the new ones), and why others are not."""

    sent: list[Post] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def lost_posts() -> QuerySet[Post]:
    """Posts that ended because TikTok was out of order, and that have not been reposted. Inside an instance scope."""
    has_successor = Exists(Post.objects.filter(corrects=OuterRef("pk")))
    has_ended = Q(state=PostState.FAILED, error_code="init_limit") | Q(
        state=PostState.NEEDS_ATTENTION, attention_reason=AttentionReason.MISSED
    )
    rows = Post.objects.filter(has_ended, outage__last_fault_at__gt=db_in(-OFFERED_FOR))
    return rows.exclude(has_successor).select_related("account__credential__app", "account__instance")


def lost_by_outage() -> list[LostPosts]:
    """One line per outage, the newest first; one statement."""
    rows = lost_posts().order_by("-outage__began_at").values_list("outage_id", "outage__began_at", "outage__ended_at")
    return [
        LostPosts(outage_id, count, began_at, ended_at)
        for outage_id, began_at, ended_at, count in rows.annotate(n=Count("pk"))
    ]


def repost(posts: Iterable[Post], *, actor: User) -> Reposted:
    """Publish each once more, now; twice is as good as once. A person has agreed, seeing all of them.

    A failed post gets a successor, since it keeps its history; one that was missed is sent itself. Before each is
    sent, TikTok is asked again whether its options still hold.
    """
    result = Reposted()
    for post in posts:
        try:
            result.sent.append(_repost(post, actor))
        except StaleState:
            continue  # reposted a moment before
        except UserRefusal as error:
            result.refused.append(_why(post, error.user_message))
    return result


def _repost(post: Post, actor: User) -> Post:
    with locked(post, actor):
        if not lost_posts().filter(pk=post.pk).exists():
            raise StaleState(f"{post.pk} is no longer to be reposted")
        snapshot = consents.in_force(post)
        if snapshot is None:
            raise UserRefusal("consent_missing", _("Open the post and agree to TikTok’s terms."), state=post.state)
        creator = consents.creator_from_json(snapshot.creator_info) if snapshot.creator_info else None
        successor = correct_post(post, actor=actor) if post.state == PostState.FAILED else post
        publish_post(successor, when=None, consent=Consent(actor, creator, "web", agreed=True), actor=actor)
    return successor


def _why(post: Post, words: str) -> str:
    return f"{(post.title or post.caption)[:40] or _('No caption')}: {words}"
