"""Running what the registry holds: in production Celery beat asks for it, embedded the sweeper walks it."""

import time
from collections.abc import Callable
from functools import partial
from itertools import islice

from core.jobs.leases import give_back, take
from core.jobs.registry import PeriodicJob, periodic_jobs


def run_job(job: PeriodicJob) -> bool:
    """Run it if it is due and free; False otherwise. What it raises goes up, and it is due again later."""
    if not take(job):
        return False
    _run_taken(job)
    return True


def _run_taken(job: PeriodicJob) -> None:
    try:
        job.run()
    finally:
        give_back(job)


class PeriodicSource:
    """A source for the sweeper: hands out due jobs, and asks the database for each once a second at most."""

    def __init__(self) -> None:
        self._ask_again_at: dict[str, float] = {}

    def __call__(self, room: int) -> list[Callable[[], None]]:
        """Up to so many due jobs, taken."""
        return [partial(_run_taken, job) for job in islice(filter(self._take, periodic_jobs()), room)]

    def _take(self, job: PeriodicJob) -> bool:
        if time.monotonic() < self._ask_again_at.get(job.name, 0.0):
            return False
        self._ask_again_at[job.name] = time.monotonic() + min(job.every_s, 10)
        return take(job)


embedded_source = PeriodicSource()
