"""JobLease: one runner at a time for a periodic job, and when it is due again. All in the database."""

from datetime import timedelta
from typing import Final

from django.db.models import Q

from core.jobs.clock import db_in, db_now
from core.jobs.process import is_dead_here, process_mark
from core.jobs.registry import PeriodicJob, periodic_jobs
from core.models import JobLease

# Longer than any periodic job may take; one that died is free again after this, or when its host starts anew.
LEASE: Final = timedelta(minutes=15)


def take(job: PeriodicJob) -> bool:
    """Claim a due job. False when it is not due, or somebody else runs it; a second beat is harmless."""
    if not JobLease.objects.filter(name=job.name).exists():
        JobLease.objects.bulk_create([JobLease(name=job.name)], ignore_conflicts=True)
    due = Q(due_at=None) | Q(due_at__lte=db_now())
    free = Q(lease_until=None) | Q(lease_until__lte=db_now())
    taken = JobLease.objects.filter(due, free, name=job.name)
    return bool(taken.update(owner=process_mark(), lease_until=db_in(LEASE)))


def give_back(job: PeriodicJob) -> None:
    """It ran, well or not: due again after its time."""
    JobLease.objects.filter(name=job.name, owner=process_mark()).update(
        owner="", lease_until=None, last_run_at=db_now(), due_at=db_in(timedelta(seconds=job.every_s))
    )


def free_dead_job_leases() -> int:
    """Leases of processes of this host that are gone end now; how many."""
    held = JobLease.objects.filter(lease_until__isnull=False)
    dead = [lease.pk for lease in held if is_dead_here(lease.owner)]
    return JobLease.objects.filter(pk__in=dead).update(lease_until=None, owner="")


def forget_retired_jobs() -> int:
    """Rows of jobs that this version does not have go, so that nobody waits for them. Frees nothing, so 0."""
    JobLease.objects.exclude(name__in=[job.name for job in periodic_jobs()]).delete()
    return 0
