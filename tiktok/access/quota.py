"""TikTok's caps over 24 hours: counted from our own rows, and the holds after TikTok says that one is reached.

TikTok's number of posts varies, and other apps count towards a creator's; so our own count of posts never holds one, it
only warns. That of unfinished drafts is fixed, so a sixth one waits. TikTok's answer always holds: it is stored on the
credential (or, for an app's cap of posting accounts, on the app), and until then no post that it concerns asks TikTok.
"""

import random
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from core.jobs.clock import db_in, read_db_now
from instances.scoping import unscoped
from tiktok.api.limits import ACTIVE_USERS_UNAUDITED, PENDING_DRAFTS_MAX, POSTS_PER_CREATOR, QUOTA_WINDOW_S
from tiktok.models import Post, PostMode, Submission, TikTokAccount, TikTokApp, TikTokCredential

USER_CAP: Final = "reached_active_user_cap"
POST_CAP: Final = "spam_risk_too_many_posts"
DRAFT_CAP: Final = "spam_risk_too_many_pending_share"
CODES: Final = frozenset({USER_CAP, POST_CAP, DRAFT_CAP})
# These concern direct posts, or drafts, alone: the creator's other posts pass.
CODE_OF_MODE: Final[Mapping[str, str]] = {PostMode.DIRECT_POST: POST_CAP, PostMode.MEDIA_UPLOAD: DRAFT_CAP}
WINDOW: Final = timedelta(seconds=QUOTA_WINDOW_S)
# Checking whether it is over costs one read of creator_info and no init.
PROBE: Final = timedelta(hours=1)
# TikTok's day may end a little after ours.
AFTER_THE_DAY: Final = timedelta(minutes=1)
# New accounts of one app do not all come back at once: the first one's answer may make the others wait longer.
SPREAD_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class QuotaHold:
    """A hold on posts before ``until``, with TikTok's ``code``."""

    code: str
    until: datetime

    def spares(self, *, is_active: bool) -> bool:
        """Return whether an app's cap spares this creator, who has already posted through it."""
        return self.code == USER_CAP and is_active

    @property
    def spread_s(self) -> float:
        """Return how much later the posts after the first one may be tried."""
        return random.uniform(0, SPREAD_S) if self.code == USER_CAP else 0  # noqa: S311


@dataclass(frozen=True, slots=True)
class Usage:
    """A creator's last 24 hours by our own rows. ``most_users`` is None if no number is known."""

    posts: int
    users: int
    is_user_active: bool
    most_users: int | None
    hold: QuotaHold | None = None

    @property
    def are_posts_used_up(self) -> bool:
        """Return whether the creator has as many posts as TikTok usually allows."""
        return self.posts >= POSTS_PER_CREATOR

    @property
    def are_users_used_up(self) -> bool:
        """Return whether the app has reached its number of posting accounts without this one."""
        return self.most_users is not None and self.users >= self.most_users and not self.is_user_active

    @property
    def is_held_by_app(self) -> bool:
        """Return whether the creator waits because of the app's posting accounts, not of its own posts."""
        return self.hold is not None and self.hold.code == USER_CAP


@dataclass(frozen=True, slots=True)
class Day:
    """The last 24 hours: posts by credential, posting accounts by app, and TikTok's holds in force."""

    posts: Mapping[UUID, int]
    active: frozenset[UUID]
    users: Mapping[UUID, int]
    holds: Mapping[UUID, QuotaHold]

    def usage(self, credential: TikTokCredential) -> Usage:
        """Return the usage of one of the creators that were counted."""
        is_active = credential.pk in self.active
        hold = self.holds.get(credential.pk)
        return Usage(
            posts=self.posts.get(credential.pk, 0),
            users=self.users.get(credential.app_id, 0),
            is_user_active=is_active,
            most_users=most_users(credential.app),
            hold=None if hold and hold.spares(is_active=is_active) else hold,
        )


def in_force(post: Post) -> QuotaHold | None:
    """Return TikTok's hold that keeps this post waiting, if any."""
    credential = post.account.credential
    hold = _said(credential, read_db_now(), is_draft=not post.way.is_direct)
    return None if hold is None or hold.spares(is_active=is_active(credential.pk)) else hold


def _said(credential: TikTokCredential, now: datetime, *, is_draft: bool = False) -> QuotaHold | None:
    """Return TikTok's hold on the creator's posts, or drafts, else on the app's new accounts, if still in force."""
    if is_draft:
        held_until, code = credential.drafts_held_until, DRAFT_CAP
    else:
        held_until, code = credential.posts_held_until, credential.posts_held_code
    if held_until and held_until > now:
        return QuotaHold(code, held_until)
    until = credential.app.users_held_until
    return QuotaHold(USER_CAP, until) if until and until > now else None


def record_hold(credential: TikTokCredential, code: str) -> QuotaHold:
    """Record TikTok's cap for all posts that it concerns, with the time of the next try."""
    now = read_db_now()
    if code == USER_CAP:
        until = _next_try(now, _first_user_leaves_at(credential.app_id))
        TikTokApp.objects.filter(pk=credential.app_id).update(users_held_until=until)
        return QuotaHold(code, until)
    if code == DRAFT_CAP:
        until = _next_try(now, None)
        TikTokCredential.objects.filter(pk=credential.pk).update(drafts_held_until=until)
        return QuotaHold(code, until)
    until = _next_try(now, _first_post_leaves_at(credential.pk))
    TikTokCredential.objects.filter(pk=credential.pk).update(posts_held_until=until, posts_held_code=code)
    return QuotaHold(code, until)


def clear_hold(credential: TikTokCredential) -> bool:
    """Clear the hold of a creator whose posts TikTok takes again; return whether there was one."""
    if credential.posts_held_until is None:
        return False
    credential.posts_held_until, credential.posts_held_code = None, ""
    return TikTokCredential.objects.filter(pk=credential.pk).update(posts_held_until=None, posts_held_code="") > 0


def _next_try(now: datetime, leaves_at: datetime | None) -> datetime:
    """Return the sooner of the hourly check and the time when the oldest post that counts leaves the window."""
    probe = now + PROBE
    return min(probe, leaves_at + AFTER_THE_DAY) if leaves_at else probe


def _first_post_leaves_at(credential_id: UUID) -> datetime | None:
    with _everywhere():
        rows = Submission.objects.filter(_is_out(), credential_id=credential_id)
        times = rows.values_list("commit_point_at", flat=True)
        oldest = times.order_by("commit_point_at").first()
    return oldest + WINDOW if oldest else None


def _first_user_leaves_at(app_id: UUID) -> datetime | None:
    with _everywhere():
        rows = Submission.objects.filter(_is_answered(), app_id=app_id).order_by().values_list("credential_id")
        first = min((at for _, at in rows.annotate(at=Max("init_answered_at"))), default=None)
    return first + WINDOW if first else None


# Drafts


def pending_drafts(account: TikTokAccount) -> int:
    """Count the creator's unfinished drafts, of which TikTok takes no more than PENDING_DRAFTS_MAX."""
    with _everywhere():
        return _unfinished_drafts(account.credential_id).count()


def draft_room_at(credential_id: UUID) -> datetime | None:
    """Return when TikTok takes the creator's next draft, by our own rows; None when it does now."""
    with _everywhere():
        pending = _unfinished_drafts(credential_id).order_by("-init_sent_at")
        newest = list(pending.values_list("init_sent_at", flat=True)[:PENDING_DRAFTS_MAX])
    return newest[-1] + WINDOW if len(newest) == PENDING_DRAFTS_MAX else None


def _unfinished_drafts(credential_id: UUID) -> QuerySet[Submission]:
    """Return the drafts of the last 24 hours that wait in the TikTok inbox or are on their way, over all instances.

    One that was deleted in TikTok's app still counts: Clipdesk does not learn of it.
    """
    drafts = Submission.objects.filter(credential_id=credential_id, post__mode=PostMode.MEDIA_UPLOAD)
    return drafts.filter(closed_at=None, init_sent_at__gt=db_in(-WINDOW))


def clear_drafts_hold(credential_id: UUID) -> None:
    """Clear TikTok's hold on a creator's drafts: one of them is finished."""
    held = TikTokCredential.objects.filter(pk=credential_id, drafts_held_until__isnull=False)
    held.update(drafts_held_until=None)


# Counting


def usage_of(credential: TikTokCredential) -> Usage:
    """Return one creator's last 24 hours."""
    return count_day([credential]).usage(credential)


def count_day(credentials: Collection[TikTokCredential], apps: Collection[TikTokApp] = ()) -> Day:
    """Count for these creators, their apps and ``apps``, over all instances; one statement, two with a hold."""
    app_ids = {app.pk for app in apps} | {credential.app_id for credential in credentials}
    ids = {credential.pk for credential in credentials}
    with _everywhere():
        rows = list(_of_creators(ids).union(_of_apps(app_ids), all=True))
    return Day(
        posts={key: posts for key, posts, _ in rows if key in ids},
        active=frozenset(key for key, _, answered in rows if key in ids and answered),
        users={key: users for key, users, _ in rows if key in app_ids},
        holds=_holds(credentials),
    )


def _of_creators(ids: Collection[UUID]) -> QuerySet[Submission, tuple[UUID, int, int]]:
    """Return the query of each creator's posts that count, and of inits that TikTok answered."""
    rows = Submission.objects.filter(_is_out() | _is_answered(), credential_id__in=ids).order_by()
    return rows.values_list("credential_id").annotate(
        n=Count("post_id", distinct=True, filter=_is_out()), answered=Count("pk", filter=_is_answered())
    )


def _of_apps(ids: Collection[UUID]) -> QuerySet[Submission, tuple[UUID, int, int]]:
    """Return the query of each app's posting accounts, in the same columns."""
    rows = Submission.objects.filter(_is_answered(), app_id__in=ids).order_by()
    return rows.values_list("app_id").annotate(n=Count("credential_id", distinct=True), answered=Count("pk"))


def _holds(credentials: Collection[TikTokCredential]) -> dict[UUID, QuotaHold]:
    """Return TikTok's holds in force; reads the time only if there are any."""
    told = [each for each in credentials if each.posts_held_until or each.app.users_held_until]
    now = read_db_now() if told else None
    return {each.pk: hold for each in told if now and (hold := _said(each, now))}


def users_of_app() -> Combinable:
    """Count accounts that posted in the last 24 hours, to annotate apps; every instance must be in scope."""
    rows = Submission.objects.filter(_is_answered(), app=OuterRef("pk")).order_by()
    counted = rows.values("app").annotate(n=Count("credential_id", distinct=True)).values("n")
    return Coalesce(Subquery(counted), 0)


def most_users(app: TikTokApp) -> int | None:
    """Return how many accounts may post through the app in 24 hours;

    None: TikTok granted a number that it does not tell.
    """
    return ACTIVE_USERS_UNAUDITED if app.is_audited is False else None


def is_active(credential_id: UUID) -> bool:
    """Return whether the creator posted in the last 24 hours, and so counts as a posting account already."""
    with _everywhere():
        return Submission.objects.filter(_is_answered(), credential_id=credential_id).exists()


def _everywhere() -> AbstractContextManager[None]:
    return unscoped(reason="TikTok counts a creator's posts and an app's accounts over all instances")


def _is_out() -> Q:
    """Return the condition for posts handed over completely, and not refused afterwards; drafts do not count."""
    is_out = Q(closed_at=None) | Q(closed_because="published")
    return is_out & Q(post__mode=PostMode.DIRECT_POST, commit_point_at__gt=db_in(-WINDOW))


def _is_answered() -> Q:
    """Return the condition for inits that TikTok took, which make an account a posting account."""
    return Q(init_answered_at__gt=db_in(-WINDOW), post__mode=PostMode.DIRECT_POST)
