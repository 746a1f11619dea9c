"""How much one worker process does at the same time.

A worker has many threads, since most of an upload is waiting for TikTok. Python computes with one of them at a time,
though, and a hundred that all want to make each of them a hundred times as slow. So a job begins when both a job slot
and a compute slot are free, and leaves its compute slot to others while it waits for somebody outside. A job that comes
back from outside goes on at once, since what was answered has to be written down; nothing new begins until fewer
compute than there are slots.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.conf import settings

COMPUTING_AT_ONCE: Final = 16


class Limiter:
    """``jobs`` at once in this process, of which ``computing`` compute; and how many of one kind, where asked."""

    def __init__(self, jobs: int, *, computing: int = COMPUTING_AT_ONCE) -> None:
        self._free_jobs = jobs
        self._free_computing = computing  # below zero while more have come back from outside than there are slots
        self._of_kind: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._thread = threading.local()

    def wait(self, timeout_s: float) -> bool:
        """Wait until a job could begin; return whether one can."""
        with self._changed:
            return self._changed.wait_for(lambda: self._room() > 0, timeout_s)

    def take(self, most: int) -> int:
        """Keep slots for up to ``most`` jobs that are about to begin; how many. ``running`` gives each one back."""
        with self._changed:
            taken = max(0, min(most, self._room()))
            self._free_jobs -= taken
            self._free_computing -= taken
        return taken

    def give_back(self, count: int) -> None:
        """For slots that were taken and are not needed."""
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
    def waiting(self) -> Iterator[None]:
        """Around a wait for somebody outside. Does nothing in a thread that runs no job, as in a web request."""
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
        """Begin work of this kind unless ``most`` of it is under way; whoever was let in has to ``leave``."""
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
