"""Waiting for somebody outside: TikTok, a mail server, a slow line, a child process."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from core.jobs.limiter import limiter


@contextmanager
def outside() -> Iterator[None]:
    """Around every wait for somebody outside: others get our database connection and our compute slot meanwhile.

    A statement inside takes a connection again, so make none, or give it back (``give_back_connection``).
    """
    give_back_connection()
    with limiter.waiting():
        yield


def give_back_connection() -> None:
    """Let others have this thread's database connection; the next statement takes one.

    Does nothing inside a transaction, or on SQLite: it has no pool, an open connection blocks no other between two
    transactions, and opening one costs as much as ten statements.
    """
    if connection.vendor != "sqlite" and not connection.in_atomic_block:
        connection.close()
