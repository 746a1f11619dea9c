"""The identity of this process, so that others can check whether it lives; and the signal to end."""

import os
import socket
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final

# Set once, by SIGTERM or Celery's shutdown: steps check it between blocks and release their claims.
stopping: Final = threading.Event()
# How long work may take to end after that. Longer work is cut as by a power cut: the claim
# ends, nothing is lost. Supervisors and containers insist after ten seconds.
GRACE_S: Final = 8.0
_at_stop: Final[list[Callable[[], None]]] = []

HOST: Final = socket.gethostname()[:60].replace(":", "-")


def at_stop(act: Callable[[], None]) -> None:
    """Call ``act`` when the process has to end, to interrupt long waits that cannot check ``stopping``."""
    _at_stop.append(act)


def stop() -> None:
    """End all work of this process; from a signal handler, so a thread does what may wait for a lock."""
    threading.Thread(target=_wake, name="stop", daemon=True).start()


def _wake() -> None:
    stopping.set()
    for act in _at_stop:
        act()


@lru_cache(maxsize=1)
def _mark_of(pid: int) -> str:
    return f"{HOST}:{pid}:{_started(pid)}"


def process_mark() -> str:
    """Return ``host:pid:start time``; the start time tells a reused pid from the process that had it before."""
    return _mark_of(os.getpid())


def is_dead_here(mark: str) -> bool:
    """Return whether ``mark`` is of a process of this host that is gone; of other hosts nothing is known."""
    host, _, rest = mark.partition(":")
    pid, _, started = rest.partition(":")
    return host == HOST and pid.isdecimal() and _started(int(pid)) != started


def usable_cores() -> int:
    """Return how many cores this process may use; all of the machine's if the system does not say (macOS)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _started(pid: int) -> str:
    """Return the kernel's start time of a process in ticks since boot; empty when there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "" if not _exists(pid) else "0"
    return stat.rpartition(")")[2].split()[19]


def _exists(pid: int) -> bool:
    """Return whether the pid is alive; without /proc (macOS) it is taken for the same process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
