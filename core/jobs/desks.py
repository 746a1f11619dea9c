"""Desks: how many jobs of a process compute at the same time.

A worker has many threads, since most of an upload is waiting for TikTok. Python computes with one of them at a time,
though, and a hundred that all want to make each of them a hundred times as slow. So a job begins when a desk is free,
and while it waits for somebody outside, its desk is another's. Who comes back goes on at once, desk or no desk, since
what was answered has to be written down; nothing new begins until they are fewer than the desks again.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

AT_ONCE: Final = 16


class Desks:
    """Counts them; whether a thread sits at one, the thread itself remembers."""

    def __init__(self, count: int) -> None:
        self._free = count  # below zero while more are at work than there are desks
        self._freed = threading.Condition()
        self._thread = threading.local()

    def wait(self, timeout_s: float) -> bool:
        """Until one is free; whether one is."""
        with self._freed:
            return self._freed.wait_for(lambda: self._free > 0, timeout_s)

    def take(self, most: int) -> int:
        """Keep so many for jobs that are about to begin; how many were free. Each is given back by its ``seat``."""
        with self._freed:
            taken = max(0, min(most, self._free))
            self._free -= taken
        return taken

    def give_back(self, count: int = 1) -> None:
        """For those that were taken and are not needed."""
        with self._freed:
            self._free += count
            self._freed.notify_all()

    @contextmanager
    def seat(self) -> Iterator[None]:
        """Work at a desk that was taken, and give it back at the end."""
        was_seated, self._thread.is_seated = getattr(self._thread, "is_seated", False), True
        try:
            yield
        finally:
            self._thread.is_seated = was_seated
            self.give_back()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Around waiting for somebody outside. Does nothing in a thread that has no desk, as in a web request."""
        if not getattr(self._thread, "is_seated", False):
            yield
            return
        self._thread.is_seated = False
        self.give_back()
        try:
            yield
        finally:
            with self._freed:
                self._free -= 1
            self._thread.is_seated = True


desks: Final = Desks(AT_ONCE)
