"""Tables that the product's PostgreSQL role may add to but not change: the audit log, the history of posts.

Migrations run as the owner of the tables; after each of them the owner revokes the rights of the product's role. Where
both are one role (SQLite has none), nothing can be revoked, and ``is_protected`` says so.
"""

from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True, slots=True)
class AppendOnlyTable:
    """``deletable`` is an SQL condition for rows that are deleted with what they belong to.

    The column ``actor_id`` may be set to NULL, which happens when a person is deleted.
    """

    name: str
    deletable: str = "false"


_tables: list[AppendOnlyTable] = []
MIGRATIONS: Final = "django_migrations"
POLICIES: Final = (
    ("product_reads", "SELECT", "USING (true)"),
    ("product_adds", "INSERT", "WITH CHECK (true)"),
    ("product_forgets_actors", "UPDATE", "USING (true) WITH CHECK (actor_id IS NULL)"),
    ("product_deletes", "DELETE", "USING ({deletable})"),
)
IS_PROTECTED_SQL: Final = (
    "SELECT bool_and(NOT has_table_privilege(name, 'UPDATE') AND NOT has_table_privilege(name, 'TRUNCATE')"
    " AND row_security_active(name)) FROM unnest(string_to_array(%s, ',')) AS name"
)


def register(table: AppendOnlyTable) -> None:
    """Register an app's tables when it is ready; harmless when repeated."""
    if table not in _tables:
        _tables.append(table)


def is_protected() -> bool:
    """Return whether our role can change none of the tables."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute(IS_PROTECTED_SQL, [",".join(table.name for table in _tables)])
        row = cursor.fetchone()
    return bool(row and row[0])


def protect(using: str, **_signal: Any) -> None:
    """Protect the tables; receiver of ``post_migrate``, may run at any time and any number of times."""
    database = connections[using]
    product = settings.DATABASES["default"].get("USER", "")
    if database.vendor != "postgresql" or product in ("", database.settings_dict["USER"]):
        return
    role = database.ops.quote_name(product)
    with transaction.atomic(using=using):
        for table in _tables:
            if _exists(database, table.name):
                _protect(database, table, role)
        with database.cursor() as cursor:
            cursor.execute(f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {MIGRATIONS} FROM {role}")


def _exists(database: BaseDatabaseWrapper, table: str) -> bool:
    with database.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [table])
        row = cursor.fetchone()
    return bool(row and row[0])


def _protect(database: BaseDatabaseWrapper, table: AppendOnlyTable, product: str) -> None:
    with database.cursor() as cursor:
        cursor.execute(f"REVOKE ALL ON {table.name} FROM {product}")
        cursor.execute(f"GRANT SELECT, INSERT, DELETE, UPDATE (actor_id) ON {table.name} TO {product}")
        cursor.execute(f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY")
        for policy, act, rows in POLICIES:
            cursor.execute(f"DROP POLICY IF EXISTS {policy} ON {table.name}")
            condition = rows.format(deletable=table.deletable)
            cursor.execute(f"CREATE POLICY {policy} ON {table.name} FOR {act} TO {product} {condition}")
