"""The queue: posts of one creator go out one after the other, the earliest due first, over all instances.

A post behind others waits without asking TikTok. A post that ends requeues the next one; the times in here are for the
case that none does, and grow with the number of posts ahead, so that a long queue does not wake all at once.
"""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from core.jobs.clock import db_now, read_db_now
from instances.scoping import unscoped
from tiktok.access import quota, throttle
from tiktok.models import Post, PostState, Submission, WorkItem

OTHER_UPLOAD: Final = "other_upload"
INSTANCE_BUSY: Final = "instance_busy"
RATE: Final = "rate"
# The end of another post wakes these; when is not known beforehand.
UNTIL_WOKEN: Final = frozenset({OTHER_UPLOAD, INSTANCE_BUSY})
# Posts that are held for these continue by themselves and keep their place; a post that is held by a fault of its own
# (a lost answer, say) lets the others pass.
QUEUEING: Final = frozenset({"", OTHER_UPLOAD, INSTANCE_BUSY, RATE, "rate_limit_exceeded", *quota.CODES})
# Seconds that one post needs at six inits a minute.
EACH_S: Final = 11.0
MOST_S: Final = 600.0
MOST_COUNTED: Final = 200
ORDER: Final = ("publish_at", "created_at", "pk")


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a post waits: ``least`` seconds in any case, and until it is looked at again ``seconds``."""

    why: str
    seconds: float
    least: float = 0


def wait_of(post: Post) -> Wait | None:
    """Return why this post has to wait: others come first, or TikTok would refuse it now; None when it is its turn."""
    ahead = ahead_of(post)
    if held := quota.in_force(post):
        least = (held.until - read_db_now()).total_seconds()
        return Wait(held.code, least + EACH_S * ahead + held.spread_s, least)
    if ahead:
        return Wait(OTHER_UPLOAD, unless_woken(ahead))
    if not post.way.is_direct and (room_at := quota.draft_room_at(post.account.credential_id)):
        return Wait(quota.DRAFT_CAP, max((room_at - read_db_now()).total_seconds(), 1))
    if not post.way.is_pull and (busy := busy_ahead_of(post)):
        return Wait(INSTANCE_BUSY, unless_woken(busy))
    if free_at := throttle.free_at(post.account.credential_id, post.way.endpoint):
        seconds = (free_at - read_db_now()).total_seconds()
        return Wait(RATE, seconds, seconds)
    return None


def unless_woken(ahead: int) -> float:
    """Return the seconds until a post checks its turn in case it is not requeued before."""
    return random.uniform(1, 1.2) * min(EACH_S * ahead, MOST_S)  # noqa: S311 - jitter


def ahead_of(post: Post) -> int:
    """Count the posts of the same creator that come first, in any instance, the one being uploaded included."""
    credential_id = post.account.credential_id
    with _everywhere():
        earlier = _queue(credential_id).filter(_is_before(post)).exclude(_waits_apart_from(post))
        return len(earlier.values_list("pk")[:MOST_COUNTED]) + (not post.way.is_pull and _is_uploading(credential_id))


def _is_uploading(credential_id: UUID) -> bool:
    return Submission.objects.filter(credential_id=credential_id, is_uploading=True).exists()


def busy_ahead_of(post: Post) -> int:
    """How many posts of the instance wait for a place among its uploads before this one; 0 when there is a place."""
    if Submission.objects.filter(is_uploading=True).count() < settings.UPLOADS_PER_INSTANCE:
        return 0
    waiting = Post.objects.filter(_is_before(post), state=PostState.DUE, hold_reason=INSTANCE_BUSY)
    return 1 + len(waiting.values_list("pk")[:MOST_COUNTED])


def requeue_next(post: Post) -> None:
    """Requeue after an upload: the creator's next post for when TikTok takes it, and the instance's next one for now.

    Of the instance's posts, requeue one that sleeps: of two uploads that end at the same time each wakes another one.
    """
    requeue_first(post.account.credential_id)
    sleeps = Exists(WorkItem.objects.filter(post_id=OuterRef("pk"), lease_until=None, next_action_at__gt=db_now()))
    waiting = Post.objects.filter(sleeps, state=PostState.DUE, hold_reason=INSTANCE_BUSY)
    _wake(waiting.order_by(*ORDER), at=lambda _first: None)


def requeue(post: Post) -> None:
    """After a post went to sleep for its turn: what it waits for may have come free a moment before."""
    if post.state == PostState.DUE and post.hold_reason in (OTHER_UPLOAD, INSTANCE_BUSY) and wait_of(post) is None:
        WorkItem.objects.filter(post_id=post.pk, lease_until=None).update(next_action_at=db_now())


def requeue_first(credential_id: UUID) -> None:
    """Requeue the creator's first post in the queue for when TikTok takes it; past a cap also its first other one."""

    def free_at(first: Post) -> datetime | None:
        return throttle.free_at(credential_id, first.way.endpoint)

    with _everywhere():
        waiting = _queue(credential_id).select_related("account__credential__app")
        first = _wake(waiting, at=free_at)
        if first is not None and first.hold_reason == quota.CODE_OF_MODE[first.mode]:
            _wake(waiting.exclude(mode=first.mode), at=free_at)


def _everywhere() -> AbstractContextManager[None]:
    return unscoped(reason="the posts of a creator go one after the other over all instances")


def _queue(credential_id: UUID) -> QuerySet[Post]:
    waiting = Post.objects.filter(state=PostState.DUE, hold_reason__in=QUEUEING)
    return waiting.filter(account__credential_id=credential_id).order_by(*ORDER)


def _is_before(post: Post) -> Q:
    at = post.publish_at or post.created_at
    same_time = Q(publish_at=at, created_at__lt=post.created_at)
    same_moment = Q(publish_at=at, created_at=post.created_at, pk__lt=post.pk)
    return Q(publish_at__lt=at) | same_time | same_moment


def _waits_apart_from(post: Post) -> Q:
    """Return the condition for posts whose cap does not concern this one: they wait for hours, and let it pass."""
    codes = [code for mode, code in quota.CODE_OF_MODE.items() if mode != post.mode]
    return ~Q(mode=post.mode) & Q(hold_reason__in=codes)


def _wake(queue: QuerySet[Post], *, at: Callable[[Post], datetime | None]) -> Post | None:
    """Skip a row that is locked: its holder wakes or moves the post, and may wait for a row of ours."""
    if (first := queue.first()) is None:
        return None
    free = WorkItem.objects.select_for_update(skip_locked=True).filter(post_id=first.pk, lease_until=None)
    WorkItem.objects.filter(pk__in=free.values("pk")).update(next_action_at=at(first) or db_now())
    return first
