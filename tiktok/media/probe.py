"""Asking the probe's child about a file, and taking the SHA-256 of its bytes."""

import hashlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from django.conf import settings
from django.utils.translation import gettext as _

from tiktok.media import storage
from tiktok.media.errors import MediaError, MediaRefused
from tiktok.media.facts import Facts, Unbelievable, read_facts

WALL_S: Final = 30.0
TICK_S: Final = 1.0
ANSWER_BYTES: Final = 16 * 1024
HASH_BLOCK: Final = 4 * 1024**2
ENVIRONMENT: Final = {"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
_slots = threading.BoundedSemaphore(2)

Keep = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Which bytes lie in a file: their SHA-256 (hex) and what changes when somebody touches them."""

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


def probe(path: Path, thumbnail: Path, keep: Keep) -> Facts:
    """Facts of a video; writes ``thumbnail`` (JPEG) where the picture can be decoded.

    Raises MediaRefused when the content is no video that we take. ``keep`` is called about once a second.
    """
    with _slots, tempfile.TemporaryFile() as out:
        status = _run(path, thumbnail, out, keep)
        out.seek(0)
        answer = out.read(ANSWER_BYTES)
    if status != 0:
        raise refusal("too_heavy")
    try:
        said: Any = json.loads(answer)
        if not isinstance(said, dict):
            raise Unbelievable("answer")
        if code := said.get("refused"):
            raise refusal(str(code))
        return read_facts(said)
    except (ValueError, RecursionError) as error:  # broken JSON or Unbelievable: the child was made to say it
        raise refusal("not_video") from error


def _run(path: Path, thumbnail: Path, out: IO[bytes], keep: Keep) -> int | None:
    """The child's exit status; None when it had to be stopped."""
    command = [sys.executable, "-m", "tiktok.media.probe_child", str(path), str(thumbnail)]
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
        cwd=settings.BASE_DIR,
        start_new_session=True,
    )
    try:
        return _wait(child, keep)
    finally:
        child.kill()
        child.wait()


def _wait(child: subprocess.Popen[bytes], keep: Keep) -> int | None:
    stop = time.monotonic() + WALL_S
    while time.monotonic() < stop:
        keep()
        try:
            return child.wait(timeout=TICK_S)
        except subprocess.TimeoutExpired:
            continue
    return None


def refusal(code: str) -> MediaError:
    """The sentence for a code of the child's; an unknown code is "no video"."""
    sentences = {
        "not_video": _(
            "This is not an MP4, MOV or WebM video, whatever its name says. "
            "Choose another file, or export the video as MP4."
        ),
        "incomplete": _(
            "This file is damaged or ends before the video does. Export or copy it again, then upload that."
        ),
        "no_picture": _("There is only sound in this file, no picture. Choose a video."),
        "too_heavy": _(
            "Reading this file took too long or too much memory, so it was refused. Export the video again as MP4."
        ),
    }
    code = code if code in sentences else "not_video"
    return MediaRefused(code, sentences[code])
