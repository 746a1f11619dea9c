"""Outages of TikTok: noted fault by fault, reported to the operator once, ended by the first success.

One fault is no outage: lines break. From the third one in a row on the operator is told. The first success releases
every post that waits for it, so that none has to sit out a pause that was meant for a TikTok that is away.
"""

import logging
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from instances.jobs.clock import db_now, read_db_now
from instances.scoping import unscoped
from tiktok.models import OutageKind, Post, PostState, TikTokOutage, WorkItem

log = logging.getLogger(__name__)

# So many faults without a success between them are an outage.
REPORTED_FROM: Final = 3


def note_fault(app_id: UUID, kind: OutageKind, *, code: str, log_id: str) -> TikTokOutage | None:
    """Count one fault; the open outage, or None where another worker's success has just ended it."""
    now = read_db_now()
    first = TikTokOutage(app_id=app_id, kind=kind, code=code[:80], log_id=log_id, began_at=now, last_fault_at=now)
    with transaction.atomic():
        TikTokOutage.objects.bulk_create([first], ignore_conflicts=True)
        found = TikTokOutage.objects.filter(app_id=app_id, kind=kind, ended_at=None)
        found.update(faults=F("faults") + 1, code=code[:80], log_id=log_id, last_fault_at=now)
        outage = found.first()
    if outage and outage.faults == REPORTED_FROM:
        log.error(
            "TikTok takes no posts of app %s: %d faults since %s, the last one %s (log_id %s). Posts wait and are tried"
            " again.", app_id, outage.faults, f"{outage.began_at:%Y-%m-%d %H:%M} UTC", code, log_id or "-",
        )  # fmt: skip
    return outage


def open_outage(app_id: UUID, kind: OutageKind) -> TikTokOutage | None:
    """The one that lasts, if any."""
    return TikTokOutage.objects.filter(app_id=app_id, kind=kind, ended_at=None).first()


def end_outage(outage: TikTokOutage, *, init_sent_at: datetime) -> None:
    """After a success: release the posts that wait. An init sent before the outage began proves nothing."""
    rows = TikTokOutage.objects.filter(pk=outage.pk, ended_at=None, began_at__lt=init_sent_at)
    if not rows.update(ended_at=read_db_now()):
        return
    if outage.faults >= REPORTED_FROM:
        log.warning("TikTok takes posts of app %s again, after %d faults", outage.app_id, outage.faults)
    if outage.kind == OutageKind.INIT or outage.faults >= REPORTED_FROM:  # a refused video costs one of few tries
        _release_posts(outage)


def posts_held_by(outage: TikTokOutage) -> int:
    """How many posts wait for its end, in all instances."""
    with _everywhere():
        return _held_by(outage).count()


def _release_posts(outage: TikTokOutage) -> None:
    """Back into the queue, in which each account's posts go one after the other. Passes by what a worker holds."""
    with _everywhere(), transaction.atomic():
        held = _held_by(outage)
        asleep = WorkItem.objects.select_for_update(skip_locked=True).filter(
            post_id__in=held.values("pk"), lease_until=None
        )
        ids = list(asleep.values_list("pk", flat=True))
        Post.objects.filter(pk__in=ids, state=PostState.DUE).update(hold_reason="", hold_count=0, next_try_at=None)
        WorkItem.objects.filter(pk__in=ids).update(next_action_at=db_now())


def _held_by(outage: TikTokOutage) -> QuerySet[Post]:
    return Post.objects.filter(outage=outage, state=PostState.DUE)


def _everywhere() -> AbstractContextManager[None]:
    return unscoped(reason="an outage of TikTok holds posts of every instance")
