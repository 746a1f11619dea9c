"""The sweeper hands out work to a bounded pool, outlives what the work raises, and ends when told."""

import threading

import pytest

from core.jobs import registry
from core.jobs.limiter import Limiter
from core.jobs.process import is_dead_here, process_mark
from core.jobs.registry import Job, Source
from core.jobs.sweeper import Sweeper


class Work:
    """A source with so many jobs."""

    def __init__(self, jobs: list[Job]) -> None:
        self.jobs = jobs

    def __call__(self, room: int) -> list[Job]:
        given, self.jobs = self.jobs[:room], self.jobs[room:]
        return given


def sweep(*sources: Source, until: threading.Event, threads: int = 2) -> Sweeper:
    """Run until the event is set; it must come within ten seconds."""
    stop = threading.Event()
    sweeper = Sweeper(sources, threads=threads, limit=Limiter(threads), stop=stop, interval_s=0.01)
    thread = sweeper.start()
    assert until.wait(10)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    return sweeper


@pytest.mark.django_db
def test_all_work_is_done_the_first_source_first() -> None:
    done: list[str] = []
    end = threading.Event()
    first = Work([lambda: done.append("a"), lambda: done.append("b")])
    second = Work([lambda: done.append("c"), end.set])
    sweep(first, second, until=end, threads=1)
    assert done == ["a", "b", "c"]


@pytest.mark.django_db
@pytest.mark.filterwarnings("default")
def test_exceptions_are_counted_and_the_sweep_continues(caplog: pytest.LogCaptureFixture) -> None:
    end = threading.Event()

    def broken() -> None:
        raise LookupError("job")

    def raising(room: int) -> list[Job]:
        if raised:
            return []
        raised.append(True)
        raise ZeroDivisionError("source")

    raised: list[bool] = []
    sweeper = sweep(raising, Work([broken, broken, end.set]), until=end, threads=1)
    assert sweeper.failures == {"LookupError": 2, "ZeroDivisionError": 1}
    assert "job failed: LookupError" in caplog.text


@pytest.mark.django_db
def test_start_that_fails_does_not_keep_the_sweep_from_beginning() -> None:
    stop, done = threading.Event(), threading.Event()

    def no_database() -> None:
        raise ConnectionError("the database is starting")

    sweeper = Sweeper([Work([done.set])], threads=1, limit=Limiter(1), stop=stop, interval_s=0.01)
    thread = sweeper.start(first=no_database)
    assert done.wait(10)
    stop.set()
    thread.join(10)
    assert sweeper.failures == {"ConnectionError": 1}


@pytest.mark.django_db
def test_no_more_is_claimed_than_can_be_worked_on() -> None:
    running, most, lock, end = 0, 0, threading.Lock(), threading.Event()
    gate = threading.Barrier(3)

    def job() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        gate.wait(10)
        with lock:
            running -= 1

    work = Work([job] * 6 + [end.set])
    sweep(work, until=end, threads=3)
    assert most == 3


@pytest.mark.django_db
def test_shared_limit_counts_the_work_of_others_too() -> None:
    limit, stop, done = Limiter(1), threading.Event(), threading.Event()
    assert limit.take(1) == 1
    sweeper = Sweeper([Work([done.set])], threads=1, limit=limit, stop=stop, interval_s=0.01)
    thread = sweeper.start()
    assert not done.wait(0.2)
    limit.give_back(1)
    assert done.wait(10)
    stop.set()
    thread.join(10)


def test_sources_are_asked_by_their_precedence() -> None:
    registry.load()

    names = [f"{source.__module__}.{source.__name__}" for source in registry.sources()]

    assert names == [
        "tiktok.webhooks.apply.due_deliveries",
        "tiktok.media.checks.due_checks",
        "tiktok.delivery.sweep.due_posts",
        "core.jobs.mail.due_mail",
    ]


def test_two_periodic_jobs_never_have_one_name() -> None:
    registry.load()

    with pytest.raises(ValueError, match="forget-mails"):
        registry.register_periodic("forget-mails", every_s=60, run=print)


def test_process_knows_itself_and_the_dead() -> None:
    mark = process_mark()
    host, pid, started = mark.split(":")
    assert not is_dead_here(mark)
    assert is_dead_here(f"{host}:{pid}:{int(started) + 1}")
    assert is_dead_here(f"{host}:999999999:1")
    assert not is_dead_here(f"elsewhere:{pid}:1")
    assert not is_dead_here("")
    assert not is_dead_here("odd")


@pytest.mark.django_db
def test_what_a_job_makes_due_is_found_when_the_job_ends() -> None:
    stop, was_empty = threading.Event(), threading.Event()
    jobs: list[Job] = []

    def source(room: int) -> list[Job]:
        given, jobs[:] = jobs[:room], jobs[room:]
        if not given:
            was_empty.set()
        return given

    def make_more_due() -> None:
        assert was_empty.wait(10)
        jobs.append(stop.set)

    jobs.append(make_more_due)
    thread = Sweeper([source], threads=2, stop=stop, interval_s=600).start()
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.django_db
def test_all_jobs_that_outlast_the_end_share_one_grace() -> None:
    stop, begun, never = threading.Event(), threading.Semaphore(0), threading.Event()

    def stuck() -> None:
        begun.release()
        never.wait()

    sweeper = Sweeper([Work([stuck] * 12)], threads=12, stop=stop, interval_s=0.01, grace_s=1)
    thread = sweeper.start()
    assert all(begun.acquire(timeout=10) for _ in range(12))
    stop.set()
    thread.join(8)
    has_ended = not thread.is_alive()
    never.set()
    assert has_ended
