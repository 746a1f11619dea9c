"""The limits of one worker process.

A worker has many threads, since most of an upload is waiting for TikTok. Python computes with one of them at a time,
though, and a hundred that all want to compute make each other a hundred times as slow. So a job begins when both a job
slot and a compute slot are free, and releases its compute slot while it waits for an outside answer. A job whose wait
is over continues at once, since the answer has to be recorded; nothing new begins until fewer jobs compute than there
are slots.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.conf import settings

COMPUTING_AT_ONCE: Final = 16


class Limiter:
    """Job slots of one process, of which ``computing`` may compute, and limits by kind of work."""

    def __init__(self, jobs: int, *, computing: int = COMPUTING_AT_ONCE) -> None:
        self._free_jobs = jobs
        self._free_computing = computing  # below zero while more waits have ended than there are slots
        self._of_kind: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._thread = threading.local()

    def wait(self, timeout_s: float) -> bool:
        """Wait until a job could begin; return whether one can."""
        with self._changed:
            return self._changed.wait_for(lambda: self._room() > 0, timeout_s)

    def take(self, most: int) -> int:
        """Take slots for up to ``most`` jobs and return how many; ``running`` gives each one back."""
        with self._changed:
            taken = max(0, min(most, self._room()))
            self._free_jobs -= taken
            self._free_computing -= taken
        return taken

    def give_back(self, count: int) -> None:
        """Return slots that were taken and are not needed."""
        with self._changed:
            self._free_jobs += count
            self._free_computing += count
            self._changed.notify_all()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run a job in slots that were taken, and give them back at its end."""
        was_computing, self._thread.is_computing = getattr(self._thread, "is_computing", False), True
        try:
            yield
        finally:
            self._thread.is_computing = was_computing
            self.give_back(1)

    @contextmanager
    def slot_released(self) -> Iterator[None]:
        """Release the compute slot during a wait. Does nothing in a thread without a job, as in a web request."""
        if not getattr(self._thread, "is_computing", False):
            yield
            return
        self._thread.is_computing = False
        self._add_computing(1)
        try:
            yield
        finally:
            self._add_computing(-1)
            self._thread.is_computing = True

    def enter(self, kind: str, *, most: int) -> bool:
        """Begin work of this kind unless ``most`` of it is in progress; if True, call ``leave`` afterwards."""
        with self._changed:
            if self._of_kind[kind] >= most:
                return False
            self._of_kind[kind] += 1
        return True

    def leave(self, kind: str) -> None:
        """End work of this kind."""
        with self._changed:
            self._of_kind[kind] -= 1

    def _room(self) -> int:
        return min(self._free_jobs, self._free_computing)

    def _add_computing(self, slots: int) -> None:
        with self._changed:
            self._free_computing += slots
            self._changed.notify_all()


limiter: Final = Limiter(settings.JOB_THREADS)
