"""For load balancers and supervisors: alive, and ready to serve. No secrets, no numbers."""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

ROLE_SQL = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = CURRENT_USER"


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers; the database is not asked."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """503 names what is missing: database, migrations, or a database role that walls do not hold."""
    checks = {"database": _database_answers()}
    if checks["database"]:
        checks |= {"migrations": _migrations_applied(), "database_role": _role_is_bound()}
    ready = all(checks.values())
    body = {"status": "ok" if ready else "unavailable", "checks": checks}
    return JsonResponse(body, status=200 if ready else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


class _Seen:
    """Migrations that are applied stay applied while the process lives."""

    applied = False


def _migrations_applied() -> bool:
    if not _Seen.applied:
        _Seen.applied = _nothing_to_migrate()
    return _Seen.applied


def _nothing_to_migrate() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _role_is_bound() -> bool:
    """Row-level security does not hold superusers and roles with BYPASSRLS."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute(ROLE_SQL)
        row = cursor.fetchone()
    return bool(row) and not row[0]
