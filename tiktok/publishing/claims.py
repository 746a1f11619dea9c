"""Claims: who may work on which post until when (design 6). Reads and writes directory tables only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.expressions import Combinable

from instances.jobs.clock import db_in, db_now, read_db_now
from instances.jobs.process import is_dead_here, process_mark
from instances.models import Instance, InstanceTurn
from tiktok.models import Held, StaleState, WorkItem

# So many claims that ended without a release, and the post is taken out of circulation. Most posts that a worker takes
# along when it dies have nothing to do with its death: from the second time on they wait before they are claimed again,
# longer each time, and what kills workers for other reasons has some minutes to pass (ADR 7).
POISON_AFTER: Final = 10
PATIENT_AFTER: Final = 2
LONGEST_WAIT_S: Final = 60

# The instance served longest ago first, then its earliest due post. {lock} keeps two workers off one row.
_NEXT: Final = """
SELECT work.* FROM tiktok_workitem work
LEFT JOIN instances_instanceturn turn ON turn.instance_id = work.instance_id
WHERE work.next_action_at <= %s AND (work.lease_until IS NULL OR work.lease_until <= %s) {only}
ORDER BY turn.served_at ASC NULLS FIRST, work.next_action_at ASC
LIMIT 1 {lock}
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on one post while the lease runs.

    ``was_dropped``: the claim before this one ended without a release, so its last call may have had effects that
    were not written down. ``is_poison``: that has happened too often.
    """

    post_id: UUID
    instance: Instance
    fence: int
    crashes: int
    was_dropped: bool

    @property
    def held(self) -> Held:
        """What guards every write of this claim."""
        return Held(self.post_id, self.fence)

    @property
    def is_poison(self) -> bool:
        """Whether workers die of this post."""
        return self.crashes >= POISON_AFTER


def lease() -> timedelta:
    """How long a claim lasts without a renewal."""
    return timedelta(seconds=settings.PUBLISH_LEASE_S)


def claim(post_id: UUID | None = None) -> Claim | None:
    """Claim the next due post, or this one if it is due and free; None when there is none."""
    if not _is_anything_due():
        return None
    with transaction.atomic():
        now = read_db_now()
        item = _next_item(now, post_id)
        return _take(item, now) if item else None


def renew(held: Held) -> None:
    """Let the lease run anew. Raises StaleState when lease or fence is gone."""
    mine = WorkItem.objects.filter(post_id=held.post_id, fence=held.fence, lease_until__gt=db_now())
    if not mine.update(lease_until=db_in(lease())):
        raise StaleState(f"the lease on {held.post_id} is gone")


def release(held: Held, next_action_at: datetime | Combinable | None) -> None:
    """Give the work back and say when it is due again (None: never). Does nothing when the claim is gone."""
    WorkItem.objects.filter(post_id=held.post_id, fence=held.fence).update(
        lease_owner="", lease_until=None, crashes=0, next_action_at=next_action_at
    )


def free_dead_claims() -> int:
    """Leases of processes of this host that are gone end now; how many. Their owners stay noted as dropped."""
    owners = WorkItem.objects.filter(lease_until__isnull=False).values_list("lease_owner", flat=True).distinct()
    dead = [owner for owner in owners if is_dead_here(owner)]
    return WorkItem.objects.filter(lease_owner__in=dead, lease_until__isnull=False).update(lease_until=None)


def _is_anything_due() -> bool:
    """A plain read, so that an idle sweep takes no write lock."""
    free = Q(lease_until=None) | Q(lease_until__lte=db_now())
    return WorkItem.objects.filter(free, next_action_at__lte=db_now()).exists()


def _next_item(now: datetime, post_id: UUID | None) -> WorkItem | None:
    lock = "FOR UPDATE OF work SKIP LOCKED" if connection.vendor == "postgresql" else ""
    moment = connection.ops.adapt_datetimefield_value(now)
    only = [] if post_id is None else [WorkItem._meta.pk.get_db_prep_value(post_id, connection)]
    sql = _NEXT.format(only="AND work.post_id = %s" if only else "", lock=lock)
    found = list(WorkItem.objects.raw(sql, [moment, moment, *only]))
    return found[0] if found else None


def _take(item: WorkItem, now: datetime) -> Claim:
    was_dropped = bool(item.lease_owner)
    WorkItem.objects.filter(pk=item.pk).update(
        lease_owner=process_mark(),
        lease_until=now + lease(),
        fence=F("fence") + 1,
        crashes=F("crashes") + 1,
        **_if_dropped_again(item.crashes, now),
    )
    InstanceTurn.objects.update_or_create(instance_id=item.instance_id, defaults={"served_at": now})
    instance = Instance.objects.select_related("tenant").get(pk=item.instance_id)
    return Claim(item.pk, instance, item.fence + 1, item.crashes + 1, was_dropped)


def _if_dropped_again(crashes: int, now: datetime) -> dict[str, datetime]:
    """When the post is due should this claim end without a release, too; a release says it anew."""
    if crashes < PATIENT_AFTER:
        return {}
    return {"next_action_at": now + timedelta(seconds=min(2**crashes, LONGEST_WAIT_S))}
