"""A big file, and processes that are gone when the test is over."""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pytest_django import Settings

from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import Media, TikTokApp
from tiktok.tests.factories import make_media
from tiktok.tests.integration.proofs import processes
from tiktok.tests.simulator_process import Simulator

CHUNK = 10_000_000
SIZE = 75_000_001  # over 64 MB: TikTok asks for chunks; seven of them, the last one takes the rest


@dataclass
class Background:
    """The process that publishes: ``manage.py jobs`` on SQLite, the Celery worker on PostgreSQL."""

    process: processes.Process
    ready: str

    def start(self) -> None:
        """Returns when it sweeps."""
        self.process.start(self.ready)


@pytest.fixture
def background(tmp_path: Path, transactional_db: None, published_in_big_chunks: None) -> Iterator[Background]:
    """Not started yet."""
    process, ready = processes.background(tmp_path)
    yield Background(process, ready)
    process.close()


@pytest.fixture
def published_in_big_chunks(simulated: TikTokApp, settings: Settings, tiktok: Simulator) -> None:
    """As a deployment is set up, with a TikTok that is quick to process."""
    settings.UPLOAD_CHUNK_BYTES, settings.UPLOAD_SINGLE_LIMIT_BYTES = CHUNK, 64_000_000
    tiktok.settings(processing_delay_s=0, moderation_delay_s=0)


@pytest.fixture
def big_video(instance: Instance, settings: Settings) -> Iterator[Media]:
    """75 MB on disk, mostly holes, no two chunks alike."""
    with instance_scope(instance):
        media = make_media(instance, content=b"")
        path = Path(settings.MEDIA_ROOT) / media.path
        _fill(path)
        stat = path.stat()
        media.size_bytes, media.mtime_ns, media.inode = stat.st_size, stat.st_mtime_ns, stat.st_ino
        with path.open("rb") as file:
            media.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        media.save()
    yield media
    path.unlink(missing_ok=True)


def _fill(path: Path) -> None:
    with path.open("wb") as file:
        os.truncate(file.fileno(), SIZE)
        for first in range(0, SIZE, CHUNK):
            file.seek(first)
            file.write(f"chunk at {first}".encode())


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[processes.Process], processes.Process]]:
    """Keep a process until the test is over."""
    kept: list[processes.Process] = []

    def keep(process: processes.Process) -> processes.Process:
        kept.append(process)
        return process

    yield keep
    for process in reversed(kept):
        process.close()
