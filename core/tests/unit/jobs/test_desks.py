"""As many jobs compute at once as there are desks; who waits outside leaves theirs, and comes back without waiting."""

import threading
from collections import Counter

import pytest

from core.jobs import sweeper
from core.jobs.desks import Desks
from core.jobs.registry import Job
from core.jobs.sweeper import Sweeper, run_if_free


class Crowd:
    """A source whose jobs wait until they are let go, at their desk or away from it."""

    def __init__(self, desks: Desks, count: int, *, is_away: bool) -> None:
        self.desks, self.left, self.is_away = desks, count, is_away
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
        with self.desks.away(), self.desks.away():  # one in the other is one
            self._wait()

    def _wait(self) -> None:
        self.begun.release()
        assert self.go_on.wait(10)

    def have_begun(self, count: int) -> bool:
        return all(self.begun.acquire(timeout=10) for _ in range(count))


def swept(crowd: Crowd, stop: threading.Event) -> threading.Thread:
    return Sweeper([crowd], threads=8, at=crowd.desks, stop=stop, interval_s=0.01).start()


@pytest.mark.django_db
def test_no_more_jobs_begin_than_there_are_desks() -> None:
    crowd, stop = Crowd(Desks(2), 6, is_away=False), threading.Event()
    thread = swept(crowd, stop)

    assert crowd.have_begun(2)
    assert not crowd.begun.acquire(timeout=0.2)
    crowd.go_on.set()
    assert crowd.have_begun(4)

    stop.set()
    thread.join(10)
    assert crowd.desks.take(9) == 2


@pytest.mark.django_db
def test_who_waits_outside_leaves_a_desk_to_others_and_comes_back_at_once() -> None:
    crowd, stop = Crowd(Desks(1), 5, is_away=True), threading.Event()
    thread = swept(crowd, stop)

    assert crowd.have_begun(5)
    crowd.go_on.set()

    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert crowd.desks.take(9) == 1


def test_nothing_begins_while_more_have_come_back_than_there_are_desks() -> None:
    desks, away, come_back, is_back, leave = Desks(1), *(threading.Event() for _ in range(4))

    def job() -> None:
        with desks.seat():
            with desks.away():
                away.set()
                assert come_back.wait(10)
            is_back.set()
            assert leave.wait(10)

    assert desks.take(1) == 1
    thread = threading.Thread(target=job)
    thread.start()
    assert away.wait(10)
    assert desks.take(5) == 1
    come_back.set()
    assert is_back.wait(10)
    desks.give_back()
    assert (desks.take(1), desks.wait(0)) == (0, False)
    leave.set()
    thread.join(10)
    assert (desks.take(5), desks.wait(0)) == (1, False)


def test_who_never_sat_down_has_nothing_to_leave() -> None:
    desks = Desks(1)
    with desks.away():
        assert desks.take(5) == 1


def test_a_hint_is_left_to_the_sweep_when_all_desks_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: Counter[str] = Counter()
    desks = Desks(1)
    monkeypatch.setattr(sweeper, "desks", desks)

    run_if_free(lambda: seen.update(["first"]))
    assert desks.take(1) == 1
    run_if_free(lambda: seen.update(["refused"]))
    desks.give_back()
    run_if_free(lambda: seen.update(["second"]))

    assert seen == {"first": 1, "second": 1}
