"""The connection to PostgreSQL as the settings set it up."""

from typing import Any

import pytest
from django.db import connection

END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def answer(database: Any) -> Any:
    with database.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone()[0]


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_connection_that_died_in_the_pool_is_not_handed_out() -> None:
    pooled: Any = connection.copy("pooled")
    pooled.settings_dict["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 1}}
    try:
        assert answer(pooled) == 1
        pooled.close()  # back to the pool
        with connection.cursor() as cursor:
            cursor.execute(END_OTHERS)
        assert answer(pooled) == 1
    finally:
        pooled.close()
        pooled.close_pool()
