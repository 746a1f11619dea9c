"""Quarantine: after a restore nothing is sent until people have looked (docs/protocol.md).

A restored database does not know what was published after the backup. While the quarantine is on, every post that
was under way needs a person, and every post that becomes due is missed; TikTok is asked as usual. Every step reads the
switch after its claim, so that only the claims taken before the switch have to be ended.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.audit import record
from core.jobs.clock import db_now, read_db_now
from core.web.refusals import UserRefusal
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import (
    AttentionReason,
    EventCause,
    Person,
    Post,
    PostState,
    Quarantine,
    StaleState,
    Submission,
    WorkItem,
)
from tiktok.models.states import HANDED_OVER

# Under way: any of these may have been published after the backup. A scheduled one too, once its time has come.
UNDER_WAY: Final = HANDED_OVER | {PostState.DUE, PostState.WAITING_ACCOUNT}
HELD_BACK: Final = UNDER_WAY | {PostState.SCHEDULED}
CHUNK: Final = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of a switch: posts that were held, and claims of workers that were ended."""

    since: datetime
    held: int
    claims: int = 0


def since() -> datetime | None:
    """Since when nothing may be sent; None while everything may."""
    return Quarantine.objects.values_list("since", flat=True).first()


def refuse_in_quarantine(post: Post) -> None:
    """Raise UserRefusal while nothing may be sent."""
    if since():
        text = _("Publishing is paused after a restore. Your administrator can resume it.")
        raise UserRefusal("quarantine", text, state=post.state)


# The switch


def switch_on() -> Outcome:
    """Pause publishing: once this returns, no init and no chunk starts. May run twice: it holds again what it finds.

    Workers that had begun before lose their claims; it then waits until the last of their leases would have ended,
    since a worker whose lease runs may be about to make its call.
    """
    Quarantine.objects.get_or_create(pk=1)
    Quarantine.objects.filter(since=None).update(since=read_db_now())
    began, ended = time.monotonic(), _end_claims()
    start = since()
    if start is None:
        raise RuntimeError("somebody has just switched the quarantine off")
    held = _hold_all(start)
    if ended:
        time.sleep(max(settings.PUBLISH_LEASE_S - (time.monotonic() - began), 0))
    return Outcome(start, held, ended)


def switch_off() -> Outcome | None:
    """Nothing is sent by this: what has become due is taken out first. None when it was off."""
    start = since()
    if start is None:
        return None
    held = _hold_all(start)
    Quarantine.objects.update(since=None)
    return Outcome(start, held)


def count_held() -> int:
    """Posts of all instances that wait for a person because of a quarantine."""
    return sum(Post.objects.filter(attention_reason=AttentionReason.QUARANTINED).count() for _each in _each_instance())


def _end_claims() -> int:
    """Outdate the claims of all workers. ``lease_owner`` stays, so that the next claim asks TikTok first."""
    running = WorkItem.objects.filter(lease_until__gt=db_now())
    return running.update(fence=F("fence") + 1, lease_until=None, crashes=0)


def _each_instance() -> Iterator[Instance]:
    for instance in Instance.objects.select_related("tenant").order_by("pk"):
        with instance_scope(instance):
            yield instance


def _hold_all(start: datetime) -> int:
    return sum(_hold_instance(instance, start) for instance in _each_instance())


def _hold_instance(instance: Instance, start: datetime) -> int:
    held = sum(_hold(post, start) for post in _to_hold())
    if held:
        with transaction.atomic():
            record("quarantine.hold", tenant=instance.tenant, actor=None, instance_id=instance.pk, posts=held)
    return held


def _to_hold() -> Iterator[Post]:
    """In chunks and in the order of ids; what enters behind the chunk is held by the worker that claims it."""
    last = None
    while chunk := list(_candidates().filter(**({"pk__gt": last} if last else {}))[:CHUNK]):
        yield from chunk
        last = chunk[-1].pk


def _candidates() -> QuerySet[Post]:
    has_come = Q(state=PostState.SCHEDULED, publish_at__lte=db_now())
    return Post.objects.filter(Q(state__in=UNDER_WAY) | has_come).order_by("pk")


def _hold(post: Post, start: datetime) -> int:
    """Hold one post in its own transaction and return 1; return 0 when it was moved first."""
    was_missed = post.state == PostState.SCHEDULED and post.publish_at is not None and post.publish_at > start
    try:
        with transaction.atomic():
            post.transition(
                PostState.NEEDS_ATTENTION,
                cause=EventCause.CLOCK if was_missed else EventCause.QUARANTINE,
                by=Person(),
                reason=AttentionReason.MISSED if was_missed else AttentionReason.QUARANTINED,
                due_at=db_now() if post.state in HANDED_OVER else None,
                error_code="quarantine" if was_missed else "",
                hold_reason="",
            )
            Submission.objects.filter(post=post, closed_at=None).update(is_uploading=False)
    except StaleState:
        return 0
    return 1
