"""Periodic jobs: one runner at a time, and when each is due next. All in the database (JobLease).

In production Celery beat requests them; embedded, the sweeper walks the registry.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Final

from django.db.models import Q

from core.jobs import lease
from core.jobs.clock import db_in, db_now
from core.jobs.process import process_mark
from core.jobs.registry import PeriodicJob, periodic_jobs
from core.models import JobLease

# Longer than any periodic job may take; one that died is free again after this, or when its host restarts.
LEASE: Final = timedelta(minutes=15)


def run_job(job: PeriodicJob) -> bool:
    """Run the job if it is due and free, else return False. Exceptions go up, and the job is due again later."""
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
    """A source for the sweeper: returns due jobs, and asks the database for each once a second at most."""

    def __init__(self) -> None:
        self._ask_again_at: dict[str, float] = {}

    def __call__(self, room: int) -> list[Callable[[], None]]:
        """Claim up to so many due jobs."""
        return [partial(_run_taken, job) for job in islice(filter(self._take, periodic_jobs()), room)]

    def _take(self, job: PeriodicJob) -> bool:
        if time.monotonic() < self._ask_again_at.get(job.name, 0.0):
            return False
        self._ask_again_at[job.name] = time.monotonic() + min(job.every_s, 10)
        return take(job)


embedded_source = PeriodicSource()


def take(job: PeriodicJob) -> bool:
    """Claim a due job. False when it is not due, or already running; a second beat is harmless."""
    if not JobLease.objects.filter(name=job.name).exists():
        JobLease.objects.bulk_create([JobLease(name=job.name)], ignore_conflicts=True)
    due = Q(due_at=None) | Q(due_at__lte=db_now())
    return lease.take(JobLease.objects.filter(due, name=job.name), LEASE, owner=process_mark())


def give_back(job: PeriodicJob) -> None:
    """Release the job, successful or not: due again after its interval."""
    JobLease.objects.filter(name=job.name, owner=process_mark()).update(
        owner="", lease_until=None, last_run_at=db_now(), due_at=db_in(timedelta(seconds=job.every_s))
    )


def free_dead_job_leases() -> int:
    """End the leases of processes of this host that are gone; return how many."""
    return lease.free_dead(JobLease.objects.all(), owner_column="owner", owner="")


def forget_retired_jobs() -> int:
    """Delete rows of jobs that this version does not have, so that the doctor ignores them. Frees nothing, so 0."""
    JobLease.objects.exclude(name__in=[job.name for job in periodic_jobs()]).delete()
    return 0
