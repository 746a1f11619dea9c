"""Files of forms while they are received: MEDIA_ROOT/incoming/form-<announced bytes>-<random>, locked by their process.

The name states how much space a file still needs, so every process can count it; the lock (flock) shows whether the
process that receives it is alive, however old the file is.
"""

import fcntl
import tempfile
import time
from pathlib import Path
from tempfile import _TemporaryFileWrapper
from typing import Final

from tiktok.media import storage

PREFIX: Final = "form-"
LEFT_AFTER_S: Final = 600.0


def receive_file(announced_bytes: int) -> "_TemporaryFileWrapper[bytes]":
    """Return a new file for a form of so many bytes. It is removed when it is closed."""
    prefix = f"{PREFIX}{announced_bytes}-"
    file = tempfile.NamedTemporaryFile(dir=storage.incoming_dir(), prefix=prefix)  # noqa: SIM115 - as the request
    fcntl.flock(file.fileno(), fcntl.LOCK_EX)
    return file


def bytes_under_way() -> int:
    """Return the bytes that forms have announced and not sent yet; files of a killed process do not count."""
    return sum(_missing(path) for path in storage.incoming_dir().glob(f"{PREFIX}*"))


def _missing(path: Path) -> int:
    announced = path.name.removeprefix(PREFIX).partition("-")[0]
    try:
        stat = path.stat()
    except FileNotFoundError:  # its request has just ended
        return 0
    is_left = stat.st_mtime < time.time() - LEFT_AFTER_S
    return max(0, int(announced) - stat.st_size) if announced.isdecimal() and not is_left else 0


def remove_left() -> int:
    """Delete files whose process has ended and return how many. A file that is being received is locked and stays."""
    count = 0
    for path in storage.incoming_dir().glob(f"{PREFIX}*"):
        if path.stat().st_mtime < time.time() - LEFT_AFTER_S and _is_free(path):
            path.unlink(missing_ok=True)
            count += 1
    return count


def _is_free(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
