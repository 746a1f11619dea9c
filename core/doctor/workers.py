"""Check of background work: has any run recently, and is a periodic job overdue?"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from core.doctor.finding import Finding, fault, good, warning
from core.doctor.run import CheckContext, needs_database
from core.jobs.clock import read_db_now
from core.models import JobLease

WORKERS: Final = "workers"
# The table has jobs that are due every few seconds.
SILENT_AFTER: Final = timedelta(minutes=5)
LATE_AFTER: Final = timedelta(minutes=20)


@needs_database(WORKERS)
def at_work(_context: CheckContext) -> Iterable[Finding]:
    """Check the times that periodic jobs record."""
    rows = list(JobLease.objects.all())
    last = max((row.last_run_at for row in rows if row.last_run_at), default=None)
    now = read_db_now()
    if last is None:
        return [warning(WORKERS, _("No background work has run here yet."), _start())]
    if now - last > SILENT_AFTER:
        text = _("No background work has run since %(when)s UTC: posts do not start, and tokens are not refreshed.")
        return [fault(WORKERS, text % {"when": f"{last:%Y-%m-%d %H:%M}"}, _start())]
    hanging = sorted(row.name for row in rows if _is_late(row, now))
    if hanging:
        text = _("Background work runs, but these jobs have not finished in time: %(names)s.")
        step = _("Restart the workers and check their log for these jobs.")
        return [warning(WORKERS, text % {"names": ", ".join(hanging)}, step)]
    return [good(WORKERS, _("Background work last ran %(n)d s ago.") % {"n": (now - last).total_seconds()})]


def _is_late(row: JobLease, now: datetime) -> bool:
    """Return whether a job is overdue by its row; rows of retired jobs are deleted when a worker starts."""
    if row.due_at is None:
        return False
    every = row.due_at - row.last_run_at if row.last_run_at else timedelta(0)
    return row.due_at + max(LATE_AFTER, every / 4) < now


def _start() -> str:
    if settings.REDIS_URL:
        return _("Start the services worker and beat: docker compose up -d worker beat.")
    return _("Start Clipdesk with make up, or run manage.py jobs beside your own web server.")
