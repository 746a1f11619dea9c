"""The periodic table: in production Celery beat is built from it, embedded the sweeper walks it."""

import time
from collections.abc import Callable
from functools import partial
from itertools import islice

from django.conf import settings
from django.utils.module_loading import import_string

from instances.jobs.leases import PeriodicJob, give_back, take


def table() -> list[PeriodicJob]:
    """All rows of ``settings.PERIODIC_JOBS``."""
    return [PeriodicJob(*row) for row in settings.PERIODIC_JOBS]


def run_job(job: PeriodicJob) -> bool:
    """Run it if it is due and free; False otherwise. What it raises goes up, and it is due again later."""
    if not take(job):
        return False
    _run_taken(job)
    return True


def _run_taken(job: PeriodicJob) -> None:
    run: Callable[[], object] = import_string(job.run)
    try:
        run()
    finally:
        give_back(job)


class PeriodicSource:
    """A source for the sweeper: hands out due jobs, and asks the database for each once a second at most."""

    def __init__(self) -> None:
        self._ask_again_at: dict[str, float] = {}

    def __call__(self, room: int) -> list[Callable[[], None]]:
        """Up to so many due jobs, taken."""
        return [partial(_run_taken, job) for job in islice(filter(self._take, table()), room)]

    def _take(self, job: PeriodicJob) -> bool:
        if time.monotonic() < self._ask_again_at.get(job.name, 0.0):
            return False
        self._ask_again_at[job.name] = time.monotonic() + min(job.every_s, 10)
        return take(job)


embedded_source = PeriodicSource()
