"""Claims: the right to work on a post until a time (docs/protocol.md). Reads and writes directory tables only."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.expressions import Combinable

from core.jobs.clock import db_in, db_now, read_db_now
from core.jobs.lease import free_dead
from core.jobs.process import process_mark
from instances.models import Instance, InstanceTurn
from tiktok.models import Held, StaleState, WorkItem

# So many claims that ended without a release, and the post is taken out of circulation. Most posts that a worker takes
# along when it dies have nothing to do with its death: from the second time on they wait before they are claimed again,
# longer each time, and what kills workers for other reasons has some minutes to pass (ADR 7).
POISON_AFTER: Final = 10
PATIENT_AFTER: Final = 2
LONGEST_WAIT_S: Final = 60

# Work that is due and not claimed.
_DUE: Final = "next_action_at <= %s AND (lease_until IS NULL OR lease_until <= %s)"
# The instances with such work, the one served longest ago first; {due} is looked up once for each.
_TURNS: Final = """
SELECT id FROM (
    SELECT instance.id AS id, turn.served_at AS served_at, (
        SELECT work.next_action_at FROM tiktok_workitem work
        WHERE work.instance_id = instance.id AND {due} ORDER BY work.next_action_at LIMIT 1
    ) AS first_at
    FROM instances_instance instance LEFT JOIN instances_instanceturn turn ON turn.instance_id = instance.id
) turns
WHERE first_at IS NOT NULL ORDER BY served_at ASC NULLS FIRST, first_at ASC LIMIT %s
"""
# The earliest of one instance. SQLite takes ORDER BY and LIMIT only inside a part of a UNION.
_EARLIEST: Final = """
SELECT * FROM (
    SELECT instance_id, next_action_at, post_id FROM tiktok_workitem
    WHERE instance_id = %s AND {due} ORDER BY next_action_at LIMIT %s
) part{number}
"""
# Another worker may have claimed everything that was looked up; then there is less to look up the next time.
_TRIES: Final = 30


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on one post while the lease runs.

    ``was_dropped``: the claim before this one ended without a release, so its last call may have had effects that were
    not recorded. ``is_dead_lettered``: that has happened too often. ``taken_at``: by the process's own clock and not
    later than the start of the lease, so that a process that froze on the way never takes the lease for a fresh one.
    ``claimed_at``: the database's time then.
    """

    post_id: UUID
    instance: Instance
    fence: int
    crashes: int
    was_dropped: bool
    taken_at: float
    claimed_at: datetime

    @property
    def held(self) -> Held:
        """Return the guard of every write of this claim."""
        return Held(self.post_id, self.fence)

    @property
    def is_dead_lettered(self) -> bool:
        """Return whether too many claims of this post were dropped."""
        return self.crashes >= POISON_AFTER


def lease() -> timedelta:
    """Return how long a claim lasts without a renewal."""
    return timedelta(seconds=settings.PUBLISH_LEASE_S)


def claim(post_id: UUID | None = None) -> Claim | None:
    """Claim the next due post, or this one if it is due and free; return None when there is none."""
    if post_id is None:
        return next(iter(claim_due(1)), None)
    if not _is_due(post_id):
        return None
    taken_at, now = time.monotonic(), read_db_now()
    return next(iter(_claim_of([post_id], now, taken_at)), None)


def claim_due(room: int) -> list[Claim]:
    """Claim up to ``room`` due posts: one of each instance in turn, the one served longest ago first, then again."""
    for _ in range(_TRIES):
        taken_at, now = time.monotonic(), read_db_now()
        if not (chosen := _fair_choice(room, now)):
            break
        if claims := _claim_of(chosen, now, taken_at):
            return claims
    return []


def renew(held: Held) -> None:
    """Restart the lease. Raises StaleState when lease or fence is gone."""
    mine = WorkItem.objects.filter(post_id=held.post_id, fence=held.fence, lease_until__gt=db_now())
    if not mine.update(lease_until=db_in(lease())):
        raise StaleState(f"the lease on {held.post_id} is gone")


def release(held: Held, next_action_at: datetime | Combinable | None) -> None:
    """Release the work and set when it is due again (None: never). Does nothing when the claim is gone."""
    WorkItem.objects.filter(post_id=held.post_id, fence=held.fence).update(
        lease_owner="", lease_until=None, crashes=0, next_action_at=next_action_at
    )


def free_dead_claims() -> int:
    """End the leases of processes of this host that are gone; return how many. Their claims still count as dropped."""
    return free_dead(WorkItem.objects.all())


def _is_due(post_id: UUID) -> bool:
    """Return whether the post is due; a plain read, so that an unneeded hint takes no write lock."""
    return WorkItem.objects.filter(_is_free(db_now()), next_action_at__lte=db_now(), post_id=post_id).exists()


def _fair_choice(room: int, now: datetime) -> list[UUID]:
    """Choose posts to claim, without a lock. The cost grows with the number of instances, not of due posts."""
    moment = connection.ops.adapt_datetimefield_value(now)
    turns = [row[0] for row in _rows(_TURNS.format(due=_DUE), [moment, moment, room])]
    if not turns:
        return []
    share = -(-room // len(turns))
    parts = [_EARLIEST.format(due=_DUE, number=number) for number in range(len(turns))]
    values = [value for instance_id in turns for value in (instance_id, moment, moment, share)]
    return _in_turn(_rows(" UNION ALL ".join(parts), values), turns)[:room]


def _in_turn(found: list[tuple[Any, ...]], turns: list[Any]) -> list[UUID]:
    """Return the first of each instance, then the second of each, and so on."""
    queues: dict[Any, list[tuple[Any, ...]]] = {instance_id: [] for instance_id in turns}
    for row in sorted(found, key=itemgetter(1)):
        queues[row[0]].append(row)
    rounds = zip_longest(*queues.values())
    return [UUID(str(row[2])) for every in rounds for row in every if row is not None]


def _rows(sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _claim_of(post_ids: list[UUID], now: datetime, taken_at: float) -> list[Claim]:
    """Claim those that are still due and free, in this order, in one transaction."""
    due = WorkItem.objects.filter(_is_free(now), next_action_at__lte=now, post_id__in=post_ids)
    with transaction.atomic():
        locked = due.select_related("instance__tenant").select_for_update(skip_locked=True, of=("self",))
        items = sorted(locked, key=lambda item: post_ids.index(item.pk))
        return _take(items, now, taken_at)


def _is_free(now: datetime | Combinable) -> Q:
    return Q(lease_until=None) | Q(lease_until__lte=now)


def _take(items: list[WorkItem], now: datetime, taken_at: float) -> list[Claim]:
    WorkItem.objects.filter(pk__in=[item.pk for item in items]).update(
        lease_owner=process_mark(), lease_until=now + lease(), fence=F("fence") + 1, crashes=F("crashes") + 1
    )
    for item in items:
        if item.crashes >= PATIENT_AFTER:
            _wait_if_dropped_again(item, now)
    _note_turns(sorted({item.instance_id for item in items}), now)
    return [
        Claim(item.pk, item.instance, item.fence + 1, item.crashes + 1, bool(item.lease_owner), taken_at, now)
        for item in items
    ]


def _wait_if_dropped_again(item: WorkItem, now: datetime) -> None:
    """Return when the post is due if this claim is dropped, too; a release replaces it."""
    wait = timedelta(seconds=min(2**item.crashes, LONGEST_WAIT_S))
    WorkItem.objects.filter(pk=item.pk).update(next_action_at=now + wait)


def _note_turns(instance_ids: list[UUID], now: datetime) -> None:
    """Record that these instances were served, in order, so that two workers never wait for each other."""
    InstanceTurn.objects.bulk_create(
        [InstanceTurn(instance_id=instance_id, served_at=now) for instance_id in instance_ids],
        update_conflicts=True,
        update_fields=["served_at"],
        unique_fields=["instance"],
    )
