"""One running Clipdesk per DATA_DIR."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyRunning(Exception):
    """Another process holds the lock."""

    def __init__(self, path: Path, pid: str) -> None:
        super().__init__(f"Clipdesk is already running on {path.parent} (process {pid or 'unknown'}). Stop it first.")
        self.pid = pid


@contextmanager
def running_lock(path: Path) -> Iterator[None]:
    """Hold ``path`` while the product runs; raises AlreadyRunning.

    The kernel holds the lock, not the file: a file left by a dead process locks nothing.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(path, file.read().strip()) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
        file.truncate(0)
