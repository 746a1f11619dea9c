"""The sweeper: finds due work in the database and runs it in its own bounded pool, with or without a broker."""

import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from django.db import close_old_connections

from core.jobs import registry
from core.jobs.limiter import Limiter, limiter
from core.jobs.process import GRACE_S, stopping
from core.jobs.registry import Job, Source

log = logging.getLogger(__name__)

R = TypeVar("R")


class Sweeper:
    """Asks each source in turn; a source returns claimed work, at most as much as there is room for.

    ``limit`` is shared with all other work in this process. ``run()`` returns soon after ``stop`` is set: running jobs
    check it themselves, and get ``grace_s`` in total to end.
    """

    INTERVAL_S = 1.0
    # Under load a few slots are gathered before the database is asked once for all of them.
    GATHER_S = 0.02
    MOST_AT_ONCE = 32

    def __init__(
        self,
        sources: Sequence[Source],
        *,
        threads: int,
        limit: Limiter = limiter,
        stop: threading.Event = stopping,
        interval_s: float = INTERVAL_S,
        grace_s: float = GRACE_S,
    ) -> None:
        self._sources = sources
        self._limit = limit
        self._stop = stop
        self._interval_s = interval_s
        self._grace_s = grace_s
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._job_ended = threading.Event()
        self._threads = [threading.Thread(target=self._work, name=f"job-{n}", daemon=True) for n in range(threads)]
        self.failures: Counter[str] = Counter()

    def run(self, first: Job | None = None) -> None:
        """Sweep until stopped; blocks. ``first`` runs before; the sweep begins even if it fails."""
        for thread in self._threads:
            thread.start()
        if first is not None:
            self._guarded(first)
        while not self._stop.is_set():
            self._job_ended.clear()
            if not self._hand_out():
                self._job_ended.wait(self._interval_s)  # jobs that ended may have made more work due
        self._end()

    def start(self, first: Job | None = None) -> threading.Thread:
        """Sweep in a separate thread."""
        thread = threading.Thread(target=self.run, args=[first], name="sweeper", daemon=True)
        thread.start()
        return thread

    def _hand_out(self) -> bool:
        """Claim as much work as there is room for, and queue it; False when there was none."""
        room = self._take_room()
        jobs = self._find(room) if room and not self._stop.is_set() else []
        for job in jobs:
            self._jobs.put(job)
        self._limit.give_back(room - len(jobs))
        return bool(jobs) or not room

    def _take_room(self) -> int:
        """Take room for jobs and return how many. Waits an interval at most, and a moment more for others to end."""
        if not self._limit.wait(0):
            if not self._limit.wait(self._interval_s):
                return 0
            self._stop.wait(self.GATHER_S)
        return self._limit.take(self.MOST_AT_ONCE)

    def _find(self, room: int) -> list[Job]:
        jobs: list[Job] = []
        for source in self._sources:
            if len(jobs) < room:
                jobs += self._guarded(partial(source, room - len(jobs))) or []
        return jobs

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            with self._limit.running():
                self._guarded(job)
                close_old_connections()
            self._job_ended.set()

    def _guarded(self, job: Callable[[], R]) -> R | None:
        """Run a job; count and log any exception. Its claim ends by itself, and the sweep continues."""
        try:
            return job()
        except Exception as error:
            self.failures[type(error).__name__] += 1
            log.exception("job failed: %s", type(error).__name__)
            close_old_connections()
            return None

    def _end(self) -> None:
        for _thread in self._threads:
            self._jobs.put(None)
        deadline = time.monotonic() + self._grace_s
        for thread in self._threads:
            thread.join(timeout=max(0.0, deadline - time.monotonic()))


def run_if_free(job: Job) -> None:
    """Run a hint's job unless this process is busy; then the sweep finds the work a little later."""
    if limiter.take(1):
        with limiter.running():
            job()


def run_when_free(job: Callable[[], object]) -> None:
    """Run the job as soon as this process has room for it; not at all once the process has to end."""
    while not stopping.is_set():
        if limiter.take(1):
            with limiter.running():
                job()
            return
        limiter.wait(Sweeper.INTERVAL_S)


def free_dead_leases() -> int:
    """Free the leases of dead processes of this host at the start; return how many."""
    return sum(free() for free in registry.startups())
