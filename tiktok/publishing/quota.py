"""TikTok's caps over 24 hours: counted from our own rows, and what to do when TikTok says that one is reached.

TikTok's numbers vary, and other apps count towards a creator's; so our own count never keeps a post back, it only
warns. TikTok's word does: it is kept on the credential (or, for an app's cap of posting accounts, on the app), and
until then no post that it concerns asks TikTok in vain.
"""

import random
from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet

from instances.jobs.clock import read_db_now
from instances.scoping import unscoped
from tiktok.api.limits import ACTIVE_USERS_UNAUDITED, POSTS_PER_CREATOR, QUOTA_WINDOW_S
from tiktok.models import Post, Submission, TikTokAccount, TikTokApp, TikTokCredential

USER_CAP: Final = "reached_active_user_cap"
CODES: Final = frozenset({USER_CAP, "spam_risk_too_many_posts", "spam_risk_too_many_pending_share"})
WINDOW: Final = timedelta(seconds=QUOTA_WINDOW_S)
# Asking whether it is over costs one read of creator_info and no init.
PROBE: Final = timedelta(hours=1)
# TikTok's day may end a little after ours.
AFTER_THE_DAY: Final = timedelta(minutes=1)
# New accounts of one app do not all come back at once: the first one's answer tells the others to wait on.
SPREAD_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class QuotaHold:
    """No post before ``until``: TikTok said ``code``."""

    code: str
    until: datetime

    @property
    def spread_s(self) -> float:
        """How much later a post may come that is not the one to ask."""
        return random.uniform(0, SPREAD_S) if self.code == USER_CAP else 0  # noqa: S311


@dataclass(frozen=True, slots=True)
class Usage:
    """What our own rows say about the last 24 hours. ``most_users`` is None where no number is known."""

    posts: int
    users: int
    is_user_active: bool
    most_users: int | None

    @property
    def are_posts_used_up(self) -> bool:
        """Whether the creator has as many posts as TikTok usually allows."""
        return self.posts >= POSTS_PER_CREATOR

    @property
    def are_users_used_up(self) -> bool:
        """Whether the app has as many posting accounts as it may, and this is none of them."""
        return self.most_users is not None and self.users >= self.most_users and not self.is_user_active


def in_force(post: Post) -> QuotaHold | None:
    """What TikTok said that still keeps this post waiting."""
    credential, now = post.account.credential, read_db_now()
    if credential.posts_held_until and credential.posts_held_until > now:
        return QuotaHold(credential.posts_held_code, credential.posts_held_until)
    until = credential.app.users_held_until
    if until and until > now and not is_active(credential.pk):
        return QuotaHold(USER_CAP, until)
    return None


def reached(credential: TikTokCredential, code: str) -> QuotaHold:
    """Write down that TikTok said so, for all posts that it concerns, with the time of the next try."""
    now = read_db_now()
    if code == USER_CAP:
        until = _next_try(now, _first_user_leaves_at(credential.app_id, now))
        TikTokApp.objects.filter(pk=credential.app_id).update(users_held_until=until)
        return QuotaHold(code, until)
    until = _next_try(now, _first_post_leaves_at(credential.pk, now))
    TikTokCredential.objects.filter(pk=credential.pk).update(posts_held_until=until, posts_held_code=code)
    return QuotaHold(code, until)


def lift(credential: TikTokCredential) -> bool:
    """TikTok takes the creator's posts: nobody need wait until the time that was written down, if one was."""
    if credential.posts_held_until is None:
        return False
    return TikTokCredential.objects.filter(pk=credential.pk).update(posts_held_until=None, posts_held_code="") > 0


def _next_try(now: datetime, leaves_at: datetime | None) -> datetime:
    """The sooner of the hourly question and the time when the oldest that counts has left the window."""
    probe = now + PROBE
    return min(probe, leaves_at + AFTER_THE_DAY) if leaves_at else probe


def _first_post_leaves_at(credential_id: UUID, now: datetime) -> datetime | None:
    with _everywhere():
        times = _posts(now).filter(credential_id=credential_id).values_list("pnr_at", flat=True)
        oldest = times.order_by("pnr_at").first()
    return oldest + WINDOW if oldest else None


def _first_user_leaves_at(app_id: UUID, now: datetime) -> datetime | None:
    with _everywhere():
        rows = _answered(now).filter(app_id=app_id).order_by().values_list("credential_id")
        first = min((at for _, at in rows.annotate(at=Max("init_answered_at"))), default=None)
    return first + WINDOW if first else None


# Counting


def usage(account: TikTokAccount) -> Usage:
    """For the composer; three statements."""
    app = account.credential.app
    posts = posts_by_credential([account.credential_id]).get(account.credential_id, 0)
    return Usage(posts, active_users([app.pk]).get(app.pk, 0), is_active(account.credential_id), most_users(app))


def most_users(app: TikTokApp) -> int | None:
    """How many accounts may post through the app in 24 hours; None: as TikTok granted, which it does not tell."""
    return ACTIVE_USERS_UNAUDITED if app.is_audited is False else None


def posts_by_credential(credential_ids: Collection[UUID]) -> dict[UUID, int]:
    """Posts of the last 24 hours by creator, over all instances that share the credential; one statement."""
    with _everywhere():
        rows = _posts(read_db_now()).filter(credential_id__in=credential_ids)
        return dict(rows.order_by().values_list("credential_id").annotate(n=Count("post_id", distinct=True)))


def active_users(app_ids: Collection[UUID]) -> dict[UUID, int]:
    """Accounts that posted through each app in the last 24 hours, over all instances; one statement."""
    with _everywhere():
        rows = _answered(read_db_now()).filter(app_id__in=app_ids)
        return dict(rows.order_by().values_list("app_id").annotate(n=Count("credential_id", distinct=True)))


def is_active(credential_id: UUID) -> bool:
    """Whether the creator posted in the last 24 hours, and so is one of the app's posting accounts already."""
    with _everywhere():
        return _answered(read_db_now()).filter(credential_id=credential_id).exists()


def _everywhere() -> AbstractContextManager[None]:
    return unscoped(reason="TikTok counts a creator's posts and an app's accounts over all instances")


def _posts(now: datetime) -> QuerySet[Submission]:
    """Handed over whole, and not refused afterwards."""
    out = Q(closed_at=None) | Q(closed_because="published")
    return Submission.objects.filter(out, pnr_at__gt=now - WINDOW)


def _answered(now: datetime) -> QuerySet[Submission]:
    return Submission.objects.filter(init_answered_at__gt=now - WINDOW)
