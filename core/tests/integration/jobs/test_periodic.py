"""A periodic job has one runner at a time, comes due by the database's clock, and survives its runner's death."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from core.jobs import periodic, registry
from core.jobs.clock import pinned_clock
from core.jobs.process import process_mark
from core.jobs.registry import PeriodicJob
from core.jobs.tasks import run_periodic
from core.models import JobLease

pytestmark = pytest.mark.django_db
NOW = timezone.now()
RUNS: list[str] = []


def note_a_run() -> None:
    """The job under test."""
    RUNS.append("run")


def fail() -> None:
    """A job that breaks."""
    raise LookupError("broken")


JOB = PeriodicJob("test-job", 60, note_a_run)


@pytest.fixture(autouse=True)
def _no_runs() -> None:
    RUNS.clear()


Register = Callable[..., None]


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Register:
    """Have these jobs in place of the product's, each of which notes its runs."""

    def register(*names: str) -> None:
        monkeypatch.setattr(registry, "_periodic_jobs", {})
        for name in names:
            registry.register_periodic(name, every_s=60, run=note_a_run)

    return register


def run_at(seconds: float, job: PeriodicJob = JOB) -> bool:
    with pinned_clock(NOW + timedelta(seconds=seconds)):
        return periodic.run_job(job)


def test_it_runs_at_once_and_then_every_so_many_seconds() -> None:
    assert [run_at(second) for second in (0, 1, 59, 60, 61, 121)] == [True, False, False, True, False, True]
    assert len(RUNS) == 3


def test_running_job_is_not_started_again() -> None:
    with pinned_clock(NOW):
        assert periodic.take(JOB)
        assert not periodic.take(JOB)
    with pinned_clock(NOW + periodic.LEASE):
        assert periodic.take(JOB)


def test_job_that_fails_is_due_again_later() -> None:
    broken = PeriodicJob("broken", 60, fail)
    with pytest.raises(LookupError):
        run_at(0, broken)
    assert not run_at(1, broken)
    with pytest.raises(LookupError):
        run_at(60, broken)


def test_lease_of_a_dead_process_is_freed() -> None:
    with pinned_clock(NOW):
        periodic.take(JOB)
        assert periodic.free_dead_job_leases() == 0
        JobLease.objects.update(owner=f"{process_mark()}9")
        assert periodic.free_dead_job_leases() == 1
        assert periodic.take(JOB)


def test_celery_runs_a_job_by_name(registered: Register) -> None:
    registered("test-job")
    for name in ("test-job", "test-job", "no-such-job"):
        run_periodic(name)
    assert RUNS == ["run"]


def test_embedded_the_sweeper_gets_each_due_job_once(registered: Register) -> None:
    registered(*"abc")
    source = periodic.PeriodicSource()
    jobs = [*source(2), *source(2), *source(2)]
    assert len(jobs) == 3
    for job in jobs[:2]:
        job()
    assert RUNS == ["run", "run"]
    assert JobLease.objects.filter(due_at__isnull=False, lease_until=None).count() == 2


def test_rows_of_jobs_that_are_no_more_go_at_the_start(registered: Register) -> None:
    registered("kept")
    JobLease.objects.bulk_create([JobLease(name="kept"), JobLease(name="dropped in this version")])

    periodic.forget_retired_jobs()

    assert list(JobLease.objects.values_list("name", flat=True)) == ["kept"]
