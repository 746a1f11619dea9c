"""Check whether the file on disk is still the one that was probed and agreed to."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.jobs.waiting import release_slot
from tiktok.media.storage import inode_of
from tiktok.models import Submission
from tiktok.models.capability import ServedFile

# Each upload that continues in a new process reads its file once: many at a time, so the blocks are small.
HASH_BLOCK: Final = 256 * 1024


class MediaChanged(Exception):
    """The file is missing, or its bytes do not match its SHA-256."""


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """File metadata that changes when the file is touched."""

    size_bytes: int
    mtime_ns: int
    inode: int

    @classmethod
    def of_served(cls, file: ServedFile) -> "FileIdentity":
        """Return the identity at the time when the SHA-256 was taken."""
        return cls(file.size_bytes, file.mtime_ns, file.inode)

    @classmethod
    def of_submission(cls, submission: Submission) -> "FileIdentity":
        """Return the identity at init."""
        return cls(submission.video_size, submission.media_mtime_ns, submission.media_inode)

    @classmethod
    def of_open(cls, descriptor: int) -> "FileIdentity":
        """Return the current identity of an open file."""
        stat = os.fstat(descriptor)
        return cls(stat.st_size, stat.st_mtime_ns, inode_of(stat))


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """Open the file for reading. Raises MediaChanged when it cannot be opened, or read inside the block."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise MediaChanged(type(error).__name__) from error
    try:
        yield descriptor
    except OSError as error:  # the client turns connection faults into its own errors
        raise MediaChanged(type(error).__name__) from error
    finally:
        os.close(descriptor)


def verify(
    descriptor: int, *, known: FileIdentity, sha256: str, trusted: bool, keep_alive: Callable[[], object]
) -> FileIdentity:
    """Return the file's current identity; hash it again when it differs from ``known`` or is not ``trusted``.

    ``keep_alive`` is called between blocks. Raises MediaChanged.
    """
    now = FileIdentity.of_open(descriptor)
    if now == known and trusted:
        return now
    with release_slot():  # reading gigabytes must not keep other threads from computing
        if now.size_bytes != known.size_bytes or _hash(descriptor, keep_alive) != sha256:
            raise MediaChanged("other bytes")
    if FileIdentity.of_open(descriptor) != now:
        raise MediaChanged("changed while it was read")
    return now


def _hash(descriptor: int, keep_alive: Callable[[], object]) -> str:
    digest, offset = hashlib.sha256(), 0
    while block := os.pread(descriptor, HASH_BLOCK, offset):
        keep_alive()
        digest.update(block)
        offset += len(block)
    return digest.hexdigest()
