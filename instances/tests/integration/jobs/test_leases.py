"""A periodic job has one runner at a time, comes due by the database's clock, and survives its runner's death."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from instances.jobs import leases, periodic
from instances.jobs.clock import pinned_clock
from instances.jobs.leases import PeriodicJob
from instances.jobs.process import process_mark
from instances.jobs.tasks import run_periodic
from instances.models import JobLease

pytestmark = pytest.mark.django_db
NOW = timezone.now()
RUNS: list[str] = []


def note_a_run() -> None:
    """The job under test."""
    RUNS.append("run")


def fail() -> None:
    """A job that breaks."""
    raise LookupError("broken")


JOB = PeriodicJob("test-job", 60, f"{__name__}.note_a_run")


@pytest.fixture(autouse=True)
def _no_runs() -> None:
    RUNS.clear()


def run_at(seconds: float, job: PeriodicJob = JOB) -> bool:
    with pinned_clock(NOW + timedelta(seconds=seconds)):
        return periodic.run_job(job)


def test_it_runs_at_once_and_then_every_so_many_seconds() -> None:
    assert [run_at(second) for second in (0, 1, 59, 60, 61, 121)] == [True, False, False, True, False, True]
    assert len(RUNS) == 3


def test_while_one_runs_it_nobody_else_does() -> None:
    with pinned_clock(NOW):
        assert leases.take(JOB)
        assert not leases.take(JOB)
    with pinned_clock(NOW + leases.LEASE):
        assert leases.take(JOB)


def test_a_job_that_fails_is_due_again_later() -> None:
    broken = PeriodicJob("broken", 60, f"{__name__}.fail")
    with pytest.raises(LookupError):
        run_at(0, broken)
    assert not run_at(1, broken)
    with pytest.raises(LookupError):
        run_at(60, broken)


def test_the_lease_of_a_dead_process_is_freed() -> None:
    with pinned_clock(NOW):
        leases.take(JOB)
        assert leases.free_dead_job_leases() == 0
        JobLease.objects.update(owner=f"{process_mark()}9")
        assert leases.free_dead_job_leases() == 1
        assert leases.take(JOB)


def test_celery_runs_a_row_of_the_table_by_name(settings: Settings) -> None:
    settings.PERIODIC_JOBS = [("test-job", 60, f"{__name__}.note_a_run")]
    for name in ("test-job", "test-job", "no-such-job"):
        run_periodic(name)
    assert RUNS == ["run"]


def test_embedded_the_sweeper_gets_each_due_job_once(settings: Settings) -> None:
    settings.PERIODIC_JOBS = [(name, 60, f"{__name__}.note_a_run") for name in "abc"]
    source = periodic.PeriodicSource()
    jobs = [*source(2), *source(2), *source(2)]
    assert len(jobs) == 3
    for job in jobs[:2]:
        job()
    assert RUNS == ["run", "run"]
    assert JobLease.objects.filter(due_at__isnull=False, lease_until=None).count() == 2
