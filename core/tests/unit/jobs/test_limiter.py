"""So many jobs at once, and so many of them that compute; a job that waits outside leaves its slot to others."""

import threading
from collections import Counter

import pytest

from core.jobs import sweeper
from core.jobs.limiter import Limiter
from core.jobs.registry import Job
from core.jobs.sweeper import Sweeper, run_if_free, run_when_free


class Crowd:
    """A source whose jobs wait until they are released, computing or waiting for an outside answer."""

    def __init__(self, limit: Limiter, count: int, *, is_away: bool) -> None:
        self.limit, self.left, self.is_away = limit, count, is_away
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Event()

    def __call__(self, room: int) -> list[Job]:
        given = min(room, self.left)
        self.left -= given
        return [self._job] * given

    def _job(self) -> None:
        if not self.is_away:
            self._wait()
            return
        with self.limit.slot_released(), self.limit.slot_released():  # one in the other is one
            self._wait()

    def _wait(self) -> None:
        self.begun.release()
        assert self.go_on.wait(10)

    def have_begun(self, count: int) -> bool:
        return all(self.begun.acquire(timeout=10) for _ in range(count))


def swept(crowd: Crowd, stop: threading.Event) -> threading.Thread:
    return Sweeper([crowd], threads=8, limit=crowd.limit, stop=stop, interval_s=0.01).start()


@pytest.mark.django_db
def test_no_more_jobs_begin_than_may_compute() -> None:
    crowd, stop = Crowd(Limiter(8, computing=2), 6, is_away=False), threading.Event()
    thread = swept(crowd, stop)

    assert crowd.have_begun(2)
    assert not crowd.begun.acquire(timeout=0.2)
    crowd.go_on.set()
    assert crowd.have_begun(4)

    stop.set()
    thread.join(10)
    assert crowd.limit.take(9) == 2


@pytest.mark.django_db
def test_waiting_job_releases_its_slot_and_continues_at_once() -> None:
    crowd, stop = Crowd(Limiter(8, computing=1), 5, is_away=True), threading.Event()
    thread = swept(crowd, stop)

    assert crowd.have_begun(5)
    crowd.go_on.set()

    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert crowd.limit.take(9) == 1


def test_nothing_begins_while_more_have_come_back_than_may_compute() -> None:
    limit, away, come_back, is_back, leave = Limiter(8, computing=1), *(threading.Event() for _ in range(4))

    def job() -> None:
        with limit.running():
            with limit.slot_released():
                away.set()
                assert come_back.wait(10)
            is_back.set()
            assert leave.wait(10)

    assert limit.take(1) == 1
    thread = threading.Thread(target=job)
    thread.start()
    assert away.wait(10)
    assert limit.take(5) == 1
    come_back.set()
    assert is_back.wait(10)
    limit.give_back(1)
    assert (limit.take(1), limit.wait(0)) == (0, False)
    leave.set()
    thread.join(10)
    assert (limit.take(5), limit.wait(0)) == (1, False)


def test_thread_without_a_job_has_no_slot_to_leave() -> None:
    limit = Limiter(8, computing=1)
    with limit.slot_released():
        assert limit.take(5) == 1


def test_hint_is_left_to_the_sweep_when_all_slots_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: Counter[str] = Counter()
    limit = Limiter(8, computing=1)
    monkeypatch.setattr(sweeper, "limiter", limit)

    run_if_free(lambda: seen.update(["first"]))
    assert limit.take(1) == 1
    run_if_free(lambda: seen.update(["refused"]))
    limit.give_back(1)
    run_if_free(lambda: seen.update(["second"]))

    assert seen == {"first": 1, "second": 1}


def test_no_more_jobs_are_taken_than_the_process_may_run() -> None:
    limit = Limiter(2, computing=16)

    assert limit.take(5) == 2
    with limit.running(), limit.slot_released():
        assert limit.take(5) == 0  # a job that waits outside is still a job
    assert limit.take(5) == 1


def test_work_of_a_kind_has_a_limit_of_its_own() -> None:
    limit = Limiter(8)

    entered = [limit.enter("upload", most=2) for _ in range(3)]
    limit.leave("upload")

    assert entered == [True, True, False]
    assert limit.enter("upload", most=2)
    assert limit.enter("check", most=1)


def test_job_that_may_not_be_left_out_waits_for_a_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    limit, done = Limiter(1), threading.Event()
    monkeypatch.setattr(sweeper, "limiter", limit)
    assert limit.take(1) == 1
    thread = threading.Thread(target=run_when_free, args=[done.set])
    thread.start()
    assert not done.is_set()

    limit.give_back(1)

    thread.join(10)
    assert done.is_set()
    assert limit.take(5) == 1


def test_process_that_ends_waits_for_no_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    limit, done = Limiter(1), threading.Event()
    monkeypatch.setattr(sweeper, "limiter", limit)
    assert limit.take(1) == 1
    is_told = threading.Event()
    is_told.set()
    monkeypatch.setattr(sweeper, "stopping", is_told)

    run_when_free(done.set)

    assert not done.is_set()
