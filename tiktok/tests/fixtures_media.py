"""Videos that are made once per test run."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tiktok.media import checks
from tiktok.tests.videos import make_video


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small MP4 that TikTok would take: 360 × 640, 30 fps, 2 s, H.264."""
    return make_video(tmp_path_factory.mktemp("video") / "clip.mp4")


@pytest.fixture
def run_due_checks(db: None) -> Callable[[], int]:
    """Examine every file that waits for it, as a worker does; how many."""

    def work() -> int:
        count = 0
        while job := checks.next_check():
            job()
            count += 1
        return count

    return work
