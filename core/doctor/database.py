"""Checks of the database: it answers, is up to date, limits our role, and its clock agrees with ours."""

from collections.abc import Iterable
from typing import Final

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django.utils.translation import gettext as _

from core.append_only import is_protected
from core.doctor.finding import Finding, fault, good, warning
from core.doctor.run import CheckContext, needs_database
from core.jobs.clock import read_db_now

ROLE_SQL: Final = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = CURRENT_USER"
CLOCK_WARNING_S: Final = 5
CLOCK_FAULT_S: Final = 60


def nothing_to_migrate() -> bool:
    """Return whether every migration is applied."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def role_is_bound() -> bool:
    """Return whether row-level security applies, which it does not to superusers and roles with BYPASSRLS."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute(ROLE_SQL)
        row = cursor.fetchone()
    return bool(row) and not row[0]


def answers(context: CheckContext) -> Iterable[Finding]:
    """Check that the database answers."""
    if context.database_answers:
        return [good("database", _("The database answers."))]
    step = _("Start the database, and check host, port, user and password in DATABASE_URL.")
    return [fault("database", _("The database does not answer."), step)]


@needs_database("migrations")
def is_up_to_date(_context: CheckContext) -> Iterable[Finding]:
    """Check that the tables are those of this version."""
    if nothing_to_migrate():
        return [good("migrations", _("All migrations are applied."))]
    step = _("Embedded: start with make up. Production: docker compose run --rm migrate.")
    return [fault("migrations", _("This version’s migrations have not been applied."), step)]


@needs_database("database-role")
def role(_context: CheckContext) -> Iterable[Finding]:
    """Check on PostgreSQL that the role is neither superuser nor BYPASSRLS."""
    if role_is_bound():
        return [good("database-role", _("Clipdesk’s database role is not a superuser and cannot bypass row security."))]
    text = _("Clipdesk uses a database role that is a superuser or bypasses row security.")
    return [fault("database-role", text, _("Use an ordinary role in DATABASE_URL (see the runbook)."))]


@needs_database("append-only")
def history(_context: CheckContext) -> Iterable[Finding]:
    """Check on PostgreSQL that our role may add to the audit log and to events, not change them."""
    if connection.vendor != "postgresql":
        return [good("append-only", _("SQLite has no roles: only Clipdesk’s code protects the audit log."))]
    if is_protected():
        return [good("append-only", _("Clipdesk’s database role cannot change the audit log or the history of posts."))]
    text = _("Clipdesk’s database role can change the audit log and the history of posts.")
    step = _(
        "Set MIGRATION_DATABASE_URL to the role that owns the tables and DATABASE_URL to another one, then run migrate."
    )
    return [warning("append-only", text, step)]


@needs_database("database-clock")
def clock(_context: CheckContext) -> Iterable[Finding]:
    """Check that the database's clock agrees with ours: leases use its clock, some other times use ours."""
    off_s = abs((read_db_now() - timezone.now()).total_seconds())
    if off_s < CLOCK_WARNING_S:
        return [good("database-clock", _("The database’s clock agrees with this server’s."))]
    text = _("The database’s clock and this server’s differ by %(seconds)d s.") % {"seconds": off_s}
    step = _("Synchronize both by NTP (timedatectl set-ntp true).")
    say = fault if off_s >= CLOCK_FAULT_S else warning
    return [say("database-clock", text, step)]
