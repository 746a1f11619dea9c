"""What has to be there before requests can be served."""

import os
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

UNBOUND_ROLE = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"


def problems() -> list[str]:
    """Words for what is missing: database, migrations, database_role, media; empty when all is well."""
    try:
        found = [] if _is_migrated() else ["migrations"]
        found += ["database_role"] if _bypasses_row_level_security() else []
    except DatabaseError:
        found = ["database"]
    return found if _can_store_media() else [*found, "media"]


def _is_migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _bypasses_row_level_security() -> bool:
    """A superuser sees every tenant's rows, whatever the policies say."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute(UNBOUND_ROLE)
        return bool(cursor.fetchone()[0])


def _can_store_media() -> bool:
    """The directory, or the nearest one above it that exists, can be written."""
    path = Path(settings.MEDIA_ROOT)
    nearest = next(parent for parent in (path, *path.parents) if parent.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
