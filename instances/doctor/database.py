"""The database: it answers, is up to date, is asked as a role that walls hold, and its clock agrees with ours."""

from collections.abc import Iterable
from typing import Final

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django.utils.translation import gettext as _

from instances.doctor.finding import Finding, fault, good, warning
from instances.doctor.run import Visit, needs_database
from instances.jobs.clock import read_db_now

ROLE_SQL: Final = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = CURRENT_USER"
CLOCK_WARNING_S: Final = 5
CLOCK_FAULT_S: Final = 60


def nothing_to_migrate() -> bool:
    """Whether every migration is applied."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def role_is_bound() -> bool:
    """Row-level security does not hold superusers and roles with BYPASSRLS."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute(ROLE_SQL)
        row = cursor.fetchone()
    return bool(row) and not row[0]


def answers(visit: Visit) -> Iterable[Finding]:
    """Whether it answers at all."""
    if visit.database_answers:
        return [good("database", _("The database answers."))]
    step = _("Start it, and look at host, port, user and password in DATABASE_URL.")
    return [fault("database", _("The database does not answer."), step)]


@needs_database("migrations")
def is_up_to_date(_visit: Visit) -> Iterable[Finding]:
    """Tables as this version needs them."""
    if nothing_to_migrate():
        return [good("migrations", _("All migrations are applied."))]
    step = _("Embedded: start with make up. Production: docker compose run --rm migrate.")
    return [fault("migrations", _("Migrations of this version are not applied."), step)]


@needs_database("database-role")
def role(_visit: Visit) -> Iterable[Finding]:
    """On PostgreSQL: neither superuser nor BYPASSRLS."""
    if role_is_bound():
        return [good("database-role", _("The database keeps instances apart for the role that Clipdesk uses."))]
    text = _("Clipdesk asks the database as a superuser, whom walls between instances do not hold.")
    return [fault("database-role", text, _("Name a plain role in DATABASE_URL (see the runbook)."))]


@needs_database("database-clock")
def clock(_visit: Visit) -> Iterable[Finding]:
    """Leases and due times are compared by the database's clock, some others by ours."""
    off_s = abs((read_db_now() - timezone.now()).total_seconds())
    if off_s < CLOCK_WARNING_S:
        return [good("database-clock", _("The database's clock agrees with this server's."))]
    text = _("The database's clock and this server's differ by %(seconds)d s.") % {"seconds": off_s}
    step = _("Let both keep time by NTP (timedatectl set-ntp true).")
    say = fault if off_s >= CLOCK_FAULT_S else warning
    return [say("database-clock", text, step)]
