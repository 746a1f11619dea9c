"""Waits for an outside answer: of TikTok, an email server, a slow connection, a child process."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from core.jobs.limiter import limiter


@contextmanager
def release_slot() -> Iterator[None]:
    """Release our database connection and compute slot during a wait for an outside answer.

    A statement inside takes a connection again, so make none, or release it (``release_connection``).
    """
    release_connection()
    with limiter.slot_released():
        yield


def release_connection() -> None:
    """Release this thread's database connection for others; the next statement takes one.

    Does nothing inside a transaction, or on SQLite: it has no pool, an open connection blocks no other between two
    transactions, and opening one costs as much as ten statements.
    """
    if connection.vendor != "sqlite" and not connection.in_atomic_block:
        connection.close()
