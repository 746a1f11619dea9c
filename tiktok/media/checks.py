"""The queue of checks: the next file, the worker that checks it, and the end of a check without a verdict.

A check is a row (MediaCheck), claimed by a lease with a fence like all other work, so a killed worker only delays it.
Each process checks AT_ONCE files at a time, which limits the memory and the cores that their children take. An instance
has one check at a time, and the instances take turns, so one with many uploads does not delay the others.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F

from core.jobs.backoff import wait_after
from core.jobs.clock import db_in, db_now
from core.jobs.lease import free_dead, is_free, take
from core.jobs.limiter import limiter
from core.jobs.process import process_mark, stopping, usable_cores
from core.jobs.waiting import release_connection, release_slot
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.media import verdict
from tiktok.media.probe import CheckLater
from tiktok.media.refusals import ContentRefused
from tiktok.models import Media, MediaCheck, MediaState

log = logging.getLogger(__name__)
AT_ONCE: Final = max(1, min(2, usable_cores() // 2))  # each child takes up to 1 GB
LEASE_S: Final = 30.0
FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(minutes=5)
_TRIES: Final = 5


class CheckLost(Exception):
    """Another worker has the check, or the file was deleted. Nothing was written."""


class CheckStopped(Exception):
    """This process ends; the check is released."""


@dataclass(slots=True)
class CheckClaim:
    """The right to check one file while the lease runs. ``renewed_at`` is by the process's own clock."""

    media_id: UUID
    instance: Instance
    fence: int
    attempts: int
    renewed_at: float

    def keep(self) -> None:
        """Renew the lease; call about once a second. Raises CheckStopped, and CheckLost when the lease is gone."""
        if stopping.is_set():
            raise CheckStopped
        now = time.monotonic()
        if now - self.renewed_at > LEASE_S / 3:
            self._change(lease_until=db_in(timedelta(seconds=LEASE_S)))
            self.renewed_at = now
            release_connection()

    def release(self, *, after: timedelta) -> None:
        """Release the check, to be claimed again after this time."""
        self._change(lease_owner="", lease_until=None, due_at=db_in(after))

    def lock(self) -> None:
        """End the check inside the transaction of the verdict. Raises CheckLost when the claim is gone."""
        held = MediaCheck.objects.filter(pk=self.media_id, fence=self.fence, lease_owner=process_mark())
        if not held.delete()[0]:
            raise CheckLost

    def _change(self, **changes: object) -> None:
        held = MediaCheck.objects.filter(pk=self.media_id, fence=self.fence, lease_owner=process_mark())
        if not held.update(**changes):
            raise CheckLost


def queue_check(media: Media) -> None:
    """Have a worker check the file. Call it in the transaction that stores ``media``."""
    now = db_now()
    MediaCheck.objects.create(media=media, instance_id=media.instance_id, created_at=now, turn_at=now, due_at=now)


def due_checks(room: int) -> list[Callable[[], None]]:
    """Claim the next checks, as many as this process has slots for; a sweep source."""
    jobs: list[Callable[[], None]] = []
    while len(jobs) < room and (job := next_check()) is not None:
        jobs.append(job)
    return jobs


def next_check() -> Callable[[], None] | None:
    """Claim the next file and return its check; None without a free slot or a due file."""
    if not limiter.enter("check", most=AT_ONCE):
        return None
    claim = None
    try:
        claim = claim_next()
    finally:
        if claim is None:
            limiter.leave("check")
    return partial(_run_in_place, claim) if claim else None


def claim_next() -> CheckClaim | None:
    """Claim the oldest check of the next instance in turn, among those that have no check in progress."""
    for _ in range(_TRIES):
        busy = MediaCheck.objects.filter(lease_until__gt=db_now()).values("instance_id")
        due = MediaCheck.objects.filter(is_free(), due_at__lte=db_now()).exclude(instance_id__in=busy)
        row = due.select_related("instance").order_by("turn_at", "created_at", "pk").first()
        if row is None:
            return None
        if claim := _claim(row):
            return claim
    return None


def _claim(row: MediaCheck) -> CheckClaim | None:
    """Claim the check, and let the instance's other checks wait for its next turn."""
    taken_at = time.monotonic()
    taken = take(
        MediaCheck.objects.filter(pk=row.pk, fence=row.fence),
        timedelta(seconds=LEASE_S),
        fence=F("fence") + 1,
        attempts=F("attempts") + 1,
        lease_owner=process_mark(),
        due_at=db_in(_wait_after(row.attempts + 1)),  # when this claim ends with its worker
    )
    if not taken:
        return None
    MediaCheck.objects.filter(instance_id=row.instance_id).exclude(pk=row.pk).update(turn_at=db_now())
    return CheckClaim(row.pk, row.instance, row.fence + 1, row.attempts + 1, taken_at)


def _wait_after(attempts: int) -> timedelta:
    return wait_after(attempts, first=FIRST_WAIT, longest=LONGEST_WAIT)


def _run_in_place(claim: CheckClaim) -> None:
    try:
        run(claim)
    finally:
        limiter.leave("check")


def run(claim: CheckClaim) -> None:
    """Check a claimed file and write the verdict."""
    with instance_scope(claim.instance):
        media = Media.objects.filter(pk=claim.media_id, deleted_at=None).first()
        try:
            if media is None:
                raise CheckLost
            _examine(media, claim)
        except CheckLater as later:
            log.warning("media %s is checked later, attempt %s: %s", claim.media_id, claim.attempts, later)
            claim.release(after=_wait_after(claim.attempts))
        except CheckStopped:
            claim.release(after=timedelta())
        except CheckLost:
            log.info("the check of media %s was taken over, or the file was deleted", claim.media_id)
            verdict.clean_up(claim.media_id, media)


def _examine(media: Media, claim: CheckClaim) -> None:
    try:
        with release_slot():
            facts = verdict.examine(media, claim.keep)
    except ContentRefused as refused:
        _decide(media, claim, {"state": MediaState.REFUSED, "refusal_code": refused.code, "thumbnail_path": ""})
        verdict.remove_bytes(media.path)
    else:
        _decide(media, claim, {"state": MediaState.READY, **facts})


def _decide(media: Media, claim: CheckClaim, changes: dict[str, object]) -> None:
    """Write the verdict and its notification once: only while the claim holds and the file exists."""
    with transaction.atomic():
        waiting = Media.objects.select_for_update().filter(
            pk=media.pk, state=MediaState.CHECKING, deleted_at=None
        )  # before the check's row, in the same order as a deletion
        if not waiting.exists():
            raise CheckLost
        claim.lock()
        Media.objects.filter(pk=media.pk).update(**changes)
        media.refresh_from_db()
        verdict.notify(media)


def free_dead_checks() -> int:
    """End the leases of processes of this host that are gone; return how many."""
    return free_dead(MediaCheck.objects.all(), lease_owner="", due_at=db_now())
