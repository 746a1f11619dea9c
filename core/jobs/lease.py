"""Plain leases: a row belongs to whoever claimed it, until the database's clock has passed a time.

A claim is one conditional UPDATE, so of two that claim the same row one gets it. Work on posts has a fence besides
(``tiktok.models.WorkItem``), which tells a late writer from the present one.
"""

from datetime import timedelta
from typing import Any, TypeVar

from django.db.models import F, Model, Q, QuerySet

from core.jobs.clock import db_in, db_now

M = TypeVar("M", bound=Model)


def is_free(until: str = "lease_until") -> Q:
    """Nobody holds the row; ``until`` is the column with the lease's end."""
    return Q(**{until: None}) | Q(**{f"{until}__lte": db_now()})


def take(rows: "QuerySet[M]", length: timedelta, *, until: str = "lease_until", **columns: Any) -> bool:
    """Claim a free row for ``length`` and write ``columns`` (its owner) with it; False where somebody else holds it."""
    return take_if(rows, is_free(until), length, until=until, **columns)


def take_if(
    rows: "QuerySet[M]", condition: Q, length: timedelta, *, until: str = "lease_until", **columns: Any
) -> bool:
    """The same under another condition than that the row is free, for example that its holder is dead."""
    return bool(rows.filter(condition).update(**{until: db_in(length)}, **columns))


def take_attempt(rows: "QuerySet[M]", attempts: int, wait: timedelta) -> bool:
    """Claim the next attempt at a row that had so many: nobody else gets it for ``wait``, which is the lease, too."""
    counted = rows.filter(attempts=attempts)
    return bool(counted.update(attempts=F("attempts") + 1, next_attempt_at=db_in(wait)))
