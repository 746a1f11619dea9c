"""Waiting for a condition."""

import threading
import time
from collections.abc import Callable


def until(condition: Callable[[], bool], timeout_s: float = 10) -> None:
    """Return when it holds; fail when it does not in time."""
    pause, deadline = threading.Event(), time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        pause.wait(0.005)
