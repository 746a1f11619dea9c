"""Who this process is, so that another one can tell whether it still lives; and how it is told to end."""

import os
import socket
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final

# Set once, by SIGTERM or Celery's shutdown: steps look at it between blocks and give their claims back.
stopping: Final = threading.Event()
# So long may work take to end by itself after that. Whatever outlasts it is cut like a power cut would: the claim
# ends, nothing is lost. Supervisors and containers insist after ten seconds.
GRACE_S: Final = 8.0
_at_stop: Final[list[Callable[[], None]]] = []

HOST: Final = socket.gethostname()[:60].replace(":", "-")


def at_stop(act: Callable[[], None]) -> None:
    """Have ``act`` called when the process is told to end: it wakes who waits too long to look at ``stopping``."""
    _at_stop.append(act)


def stop() -> None:
    """Tell all work of this process to end; from a signal handler, so that what may wait for a lock has a thread."""
    threading.Thread(target=_wake, name="stop", daemon=True).start()


def _wake() -> None:
    stopping.set()
    for act in _at_stop:
        act()


@lru_cache(maxsize=1)
def _mark_of(pid: int) -> str:
    return f"{HOST}:{pid}:{_started(pid)}"


def process_mark() -> str:
    """``host:pid:start time``; the start time tells a reused pid from the process that had it before."""
    return _mark_of(os.getpid())


def is_dead_here(mark: str) -> bool:
    """Whether ``mark`` is of a process of this host that is gone; of other hosts nothing is known."""
    host, _, rest = mark.partition(":")
    pid, _, started = rest.partition(":")
    return host == HOST and pid.isdecimal() and _started(int(pid)) != started


def usable_cores() -> int:
    """How many cores this process may run on; all of the machine's where the system does not tell (macOS)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _started(pid: int) -> str:
    """The kernel's start time of a process in ticks since boot; empty when there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "" if not _exists(pid) else "0"
    return stat.rpartition(")")[2].split()[19]


def _exists(pid: int) -> bool:
    """Without /proc (macOS) a living pid is taken for the same process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
