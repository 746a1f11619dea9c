"""Videos that are made once per test run."""

from pathlib import Path

import pytest

from tiktok.tests.videos import make_video


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small MP4 that TikTok would take: 360 × 640, 30 fps, 2 s, H.264."""
    return make_video(tmp_path_factory.mktemp("video") / "clip.mp4")
