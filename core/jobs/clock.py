"""The database's clock, to which every lease and every due time is compared."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection, models
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

_pinned: datetime | None = None
_thread = threading.local()


def db_now() -> Combinable:
    """Return the database's current time as an expression (milliseconds on SQLite); a constant while pinned."""
    return models.Value(_pinned, models.DateTimeField()) if _pinned else Now()


def db_in(delta: timedelta) -> Combinable:
    """Return the database's time ``delta`` from now."""
    return models.ExpressionWrapper(db_now() + delta, output_field=models.DateTimeField())


def read_db_now() -> datetime:
    """Return the database's current time as an aware datetime; one statement, or none ``within`` a piece of work."""
    if _pinned:
        return _pinned
    anchor: tuple[datetime, float] | None = getattr(_thread, "anchor", None)
    if anchor is not None:
        return anchor[0] + timedelta(seconds=time.monotonic() - anchor[1])
    if connection.vendor == "sqlite":
        sql = "SELECT STRFTIME('%Y-%m-%d %H:%M:%f+00:00', 'now')"
    else:
        sql = "SELECT STATEMENT_TIMESTAMP()"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        value = cursor.fetchone()[0]
    return datetime.fromisoformat(value) if isinstance(value, str) else value


@contextmanager
def within(now: datetime, monotonic_s: float) -> Iterator[None]:
    """Let this thread's ``read_db_now`` count on from ``now``, read from the database at ``monotonic_s``.

    For a short piece of work that needs the time repeatedly. Guards of writes still compare in SQL, so a machine that
    was suspended in between writes nothing under a lease that is over.
    """
    before, _thread.anchor = getattr(_thread, "anchor", None), (now, monotonic_s)
    try:
        yield
    finally:
        _thread.anchor = before


@contextmanager
def pinned_clock(moment: datetime) -> Iterator[None]:
    """Pin the database's clock to ``moment`` in all threads, for tests."""
    global _pinned
    before, _pinned = _pinned, moment
    try:
        yield
    finally:
        _pinned = before
