"""Outages of TikTok: recorded fault by fault, reported to the operator once, ended by the first success.

One fault is not an outage: connections break. The third one in a row is reported to the operator. The success that ends
an outage of some minutes releases the posts that wait for it, so that none waits out a pause that was meant for an
unreachable TikTok. If only some posts fail, a success comes between, and those that fail keep their own pauses.
"""

import logging
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from core.jobs.clock import db_in, db_now, read_db_now
from instances.scoping import unscoped
from tiktok.models import OutageKind, Post, PostState, Submission, TikTokOutage, WorkItem

log = logging.getLogger(__name__)

# This many faults without a success between them are an outage.
REPORTED_FROM: Final = 3
# A shorter one releases no post: TikTok was reachable, but refused some.
LEAST: Final = timedelta(minutes=5)
# After this long without any success TikTok was unreachable, no matter whose posts wait.
SURE: Final = timedelta(hours=1)
# Between two tries of one post; after a video that TikTok failed to publish there are two more.
LEAST_BETWEEN: Final = {OutageKind.INIT: timedelta(minutes=15), OutageKind.PUBLISH: timedelta(minutes=30)}
KEPT: Final = timedelta(days=30)


def note_fault(app_id: UUID, kind: OutageKind, *, code: str, log_id: str) -> TikTokOutage:
    """Count one fault and return the open outage, which it opens if there is none."""
    outage = None
    while outage is None:  # again if a success ends it at this moment
        outage = _count_fault(app_id, kind, code=code[:80], log_id=log_id)
    if outage.faults == REPORTED_FROM:
        log.error(
            "TikTok takes no posts of app %s: %d faults since %s, the last one %s (log_id %s). Posts wait and are tried"
            " again.", app_id, outage.faults, f"{outage.began_at:%Y-%m-%d %H:%M} UTC", code, log_id or "-",
        )  # fmt: skip
    return outage


def _count_fault(app_id: UUID, kind: OutageKind, *, code: str, log_id: str) -> TikTokOutage | None:
    now = read_db_now()
    first = TikTokOutage(app_id=app_id, kind=kind, code=code, log_id=log_id, began_at=now, last_fault_at=now)
    with transaction.atomic():
        TikTokOutage.objects.bulk_create([first], ignore_conflicts=True)
        found = TikTokOutage.objects.filter(app_id=app_id, kind=kind, ended_at=None)
        found.update(faults=F("faults") + 1, code=code, log_id=log_id, last_fault_at=now)
        return found.first()


def end_outage(kind: OutageKind, submission: Submission) -> None:
    """End the open outage, if any, after the success of ``submission``, and release the posts that wait.

    An init sent before the outage began proves nothing. Costs one statement without an open outage.
    """
    outage = TikTokOutage.objects.filter(app_id=submission.app_id, kind=kind, ended_at=None).first()
    if outage is None or outage.began_at >= submission.init_sent_at:
        return
    now, is_reported = read_db_now(), outage.faults >= REPORTED_FROM
    with transaction.atomic():
        if not TikTokOutage.objects.filter(pk=outage.pk, ended_at=None).update(ended_at=now):
            return
        lasted = now - outage.began_at
        if lasted >= SURE or (is_reported and lasted >= LEAST):
            _release_posts(outage, succeeded=submission.credential_id, is_sure=lasted >= SURE)
    if is_reported:
        log.warning("TikTok takes posts of app %s again, after %d faults", outage.app_id, outage.faults)


def requeue(post: Post) -> None:
    """Release a post that was held for an outage which ended a moment before the hold was written."""
    if post.state != PostState.DUE or not post.hold_reason or post.outage_id is None:
        return
    if TikTokOutage.objects.filter(pk=post.outage_id, ended_at__isnull=False).exists():
        soon = db_in(LEAST)
        WorkItem.objects.filter(post_id=post.pk, lease_until=None, next_action_at__gt=soon).update(next_action_at=soon)


def posts_held_by(outage: TikTokOutage) -> int:
    """Return how many posts wait for its end, in all instances."""
    with _everywhere():
        return _held_by(outage).count()


def _release_posts(outage: TikTokOutage, *, succeeded: UUID, is_sure: bool) -> None:
    """Requeue the posts, each account's one after the other; skip those that a worker holds.

    Those that have just been tried wait a little, since tries are few. Requeue none if all belong to one creator and
    the success was another's: TikTok may not have been away, unless there was no success for long (``is_sure``).
    """
    with _everywhere():
        held = _held_by(outage)
        creators = set(held.values_list("account__credential_id", flat=True))
        if len(creators) == 1 and succeeded not in creators and not is_sure:
            return
        floor = LEAST_BETWEEN[OutageKind(outage.kind)]
        tried = Submission.objects.filter(post=OuterRef("pk"), init_sent_at__gt=db_in(-floor))
        recent = set(held.filter(Exists(tried)).values_list("pk", flat=True))
        asleep = WorkItem.objects.select_for_update(skip_locked=True).filter(
            post_id__in=held.values("pk"), lease_until=None
        )
        ids = set(asleep.values_list("pk", flat=True))
        rested = ids - recent
        Post.objects.filter(pk__in=rested, state=PostState.DUE).update(hold_reason="", hold_count=0, next_try_at=None)
        WorkItem.objects.filter(pk__in=rested).update(next_action_at=db_now())
        WorkItem.objects.filter(pk__in=ids & recent, next_action_at__gt=db_in(floor)).update(
            next_action_at=db_in(floor)
        )


def forget_old_outages() -> None:
    """Delete outages of more than 30 days ago."""
    with _everywhere():
        TikTokOutage.objects.filter(last_fault_at__lt=db_in(-KEPT)).delete()


def _held_by(outage: TikTokOutage) -> QuerySet[Post]:
    return Post.objects.filter(outage=outage, state=PostState.DUE)


def _everywhere() -> AbstractContextManager[None]:
    return unscoped(reason="a TikTok outage holds posts of every instance")
