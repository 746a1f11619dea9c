"""Ask the probe's child about a file, and compute the SHA-256 of its bytes."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from tiktok.media import storage
from tiktok.media.facts import Facts, Unbelievable, read_facts
from tiktok.media.refusals import ContentRefused
from tiktok.media.tiktok_copy import COPY_BYTES, fitted, plain_size

# The child has limits of CPU time and memory, which decide. This one only frees the slot when it hangs, so it is long.
WALL_S: Final = 600.0
WALL_BYTES_PER_S: Final = 1_000_000
TICK_S: Final = 1.0
ANSWER_BYTES: Final = 16 * 1024
HASH_BLOCK: Final = 4 * 1024**2
ENVIRONMENT: Final = {"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
CRASHED: Final = 70
# Signals by which the kernel ends a faulty program. Any other came from outside and says nothing about the file.
OVER_LIMIT: Final = frozenset({-signal.SIGXCPU, -signal.SIGXFSZ})
OWN_FAULTS: Final = frozenset(
    -number
    for number in (
        signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP, signal.SIGSYS,
    )
)  # fmt: skip

Keep = Callable[[], None]


class CheckLater(Exception):
    """There is no verdict, for a reason unrelated to the file: a full disk, a child killed from outside."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The identity of a file's bytes: their SHA-256 (hex) and metadata that changes when it is touched."""

    sha256: str
    size_bytes: int
    mtime_ns: int
    inode: int


def fingerprint(path: Path, keep: Keep) -> Fingerprint:
    """Read the whole file once, 4 MB at a time; ``keep`` is called between blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(HASH_BLOCK):
            digest.update(block)
            keep()
    stat = path.stat()
    return Fingerprint(digest.hexdigest(), stat.st_size, stat.st_mtime_ns, storage.inode_of(stat))


@dataclass(frozen=True, slots=True)
class TikTokCopy:
    """The copy of a photo that TikTok gets: its sides, and the identity of its bytes."""

    width: int
    height: int
    prints: Fingerprint


def read_copy(path: Path, keep: Keep) -> TikTokCopy:
    """Read the copy that the child wrote. Raises ContentRefused unless it is a bare JPEG within TikTok's limits."""
    if not path.is_file() or path.stat().st_size > COPY_BYTES:
        raise ContentRefused("unreadable")
    size = plain_size(path.read_bytes())
    if size is None or fitted(*size) != size:
        raise ContentRefused("unreadable")
    return TikTokCopy(*size, fingerprint(path, keep))


def probe(path: Path, thumbnail: Path, copy: Path, keep: Keep) -> Facts:
    """Return the facts of a file; write ``thumbnail`` (JPEG) if it can be decoded, and ``copy`` (JPEG) of a photo.

    Raises ContentRefused when the content is neither an accepted video nor an accepted photo, CheckLater when nothing
    is known yet. ``keep`` is called about once a second; its exceptions end the child.
    """
    status, answer = _run(path, thumbnail, copy, keep)
    if status in OVER_LIMIT:
        raise ContentRefused("too_heavy")
    if status in OWN_FAULTS or status == CRASHED:
        raise ContentRefused("unreadable")
    if status != 0:
        raise CheckLater(f"the child ended with {status}")
    try:
        said: Any = json.loads(answer)
        if not isinstance(said, dict):
            raise Unbelievable("answer")
        if code := said.get("refused"):
            raise ContentRefused(str(code))
        if why := said.get("later"):
            raise CheckLater(str(why))
        return read_facts(said)
    except (ValueError, RecursionError) as error:  # broken JSON or Unbelievable: the child was made to say it
        raise ContentRefused("unknown_format") from error


def _run(path: Path, thumbnail: Path, copy: Path, keep: Keep) -> tuple[int | None, bytes]:
    """Return the child's exit status, None when it hung, and its output."""
    files = [str(path), str(thumbnail), str(copy)]
    command = [sys.executable, "-m", "tiktok.media.probe_child", *files, str(os.getpid())]
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
            cwd=settings.BASE_DIR,
            start_new_session=True,
        )
    except OSError as error:  # no memory or no process left on this machine
        raise CheckLater(str(error)) from error
    with child:
        try:
            status = _wait(child, WALL_S + path.stat().st_size / WALL_BYTES_PER_S, keep)
        finally:
            child.kill()
        # The pipe holds any valid output; a child that writes more waits, and is ended as hung.
        return status, child.stdout.read(ANSWER_BYTES) if child.stdout else b""


def _wait(child: subprocess.Popen[bytes], most_s: float, keep: Keep) -> int | None:
    stop = time.monotonic() + most_s
    while time.monotonic() < stop:
        keep()
        try:
            return child.wait(timeout=TICK_S)
        except subprocess.TimeoutExpired:
            continue
    return None
