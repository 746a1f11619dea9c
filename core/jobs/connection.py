"""The database connection of this thread, while the thread waits for something else."""

from django.db import connection


def give_back_connection() -> None:
    """Before waiting for TikTok, a slow line or a child: let others have our connection; the next statement takes one.

    Does nothing inside a transaction, or on SQLite: it has no pool, an open connection blocks no other between two
    transactions, and opening one costs as much as ten statements.
    """
    if connection.vendor != "sqlite" and not connection.in_atomic_block:
        connection.close()
