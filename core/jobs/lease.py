"""Plain leases: a claim holds a row until the database's clock passes the end of the lease.

A claim is one conditional UPDATE, so of two for the same row only one succeeds. Work on posts also has a fence
(``tiktok.models.WorkItem``), which tells a late writer from the present one.
"""

from datetime import timedelta
from typing import Any, TypeVar

from django.db.models import F, Model, Q, QuerySet

from core.jobs.clock import db_in, db_now
from core.jobs.process import is_dead_here

M = TypeVar("M", bound=Model)


def is_free(until: str = "lease_until") -> Q:
    """Match rows that no one holds; ``until`` is the column with the end of the lease."""
    return Q(**{until: None}) | Q(**{f"{until}__lte": db_now()})


def take(
    rows: "QuerySet[M]", length: timedelta, *, until: str = "lease_until", free: Q | None = None, **columns: Any
) -> bool:
    """Claim a free row for ``length`` and write ``columns`` (its owner) with it; return whether it was free.

    ``free``: another condition than ``is_free``, for example that its holder is dead.
    """
    return bool(rows.filter(free or is_free(until)).update(**{until: db_in(length)}, **columns))


def free_dead(rows: "QuerySet[M]", *, owner_column: str = "lease_owner", **columns: Any) -> int:
    """End the leases of processes of this host that are gone, write ``columns`` with it, and return how many."""
    held = rows.filter(lease_until__isnull=False)
    dead = [mark for mark in held.values_list(owner_column, flat=True).distinct() if is_dead_here(mark)]
    return held.filter(**{f"{owner_column}__in": dead}).update(lease_until=None, **columns)


def take_attempt(rows: "QuerySet[M]", attempts: int, wait: timedelta) -> bool:
    """Claim the next attempt at a row that had so many; ``wait`` until the one after is also its lease."""
    counted = rows.filter(attempts=attempts)
    return bool(counted.update(attempts=F("attempts") + 1, next_attempt_at=db_in(wait)))
