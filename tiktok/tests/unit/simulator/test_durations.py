"""Durations read from recordings as their bytes pass."""

import struct
from pathlib import Path

import pytest

from tiktok.simulator.durations import DurationReader
from tiktok.simulator.received import Received
from tiktok.tests import recordings


def seconds(content: bytes, portion: int) -> float | None:
    received = Received(is_hashed=True)
    for at in range(0, len(content), portion):
        received.update(memoryview(content)[at : at + portion])
    return received.duration_s


@pytest.mark.parametrize("portion", [1, 7, 1000, 10_000_000])
def test_duration_of_an_mp4_is_found_in_portions_of_any_size(tmp_path: Path, portion: int) -> None:
    content = recordings.write(tmp_path / "clip.mp4", recordings.picture(recordings.steady(30, 2)))

    assert seconds(content, portion) == 2


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("clip.mp4", {"movflags": "faststart"}),
        ("clip.mov", {}),
        ("clip.mp4", {"movflags": "frag_keyframe+empty_moov+delay_moov"}),
    ],
    ids=["header first", "QuickTime", "fragments"],
)
def test_header_is_found_wherever_it_is(tmp_path: Path, name: str, options: dict[str, str]) -> None:
    content = recordings.write(tmp_path / name, recordings.picture(recordings.steady(30, 2)), options=options)

    assert (seconds(content, 1000) or 0) in (0, 2)
    assert seconds(content, 1000) is not None


def test_duration_of_a_webm_is_found(tmp_path: Path) -> None:
    track = recordings.picture(recordings.steady(30, 2), recordings.Look(codec="libvpx"))
    content = recordings.write(tmp_path / "clip.webm", track)

    assert seconds(content, 1000) == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no video at all, but long enough for a box",
        bytes(100),
        struct.pack(">I4s", 8, b"moov") + bytes(50),
        struct.pack(">I4s", 16, b"moov") + bytes(50),
        struct.pack(">I4s", 40, b"moov") + bytes(32),
        b"\x1a\x45\xdf\xa3" + bytes(70_000),
    ],
)
def test_other_bytes_have_no_duration(content: bytes) -> None:
    assert seconds(content, 5) is None


def test_large_boxes_with_long_sizes_are_skipped() -> None:
    header = struct.pack(">I4s", 108, b"mvhd") + bytes(12) + struct.pack(">II", 1000, 5000) + bytes(80)
    movie = struct.pack(">I4s", 8 + len(header), b"moov") + header
    content = struct.pack(">I4sQ", 1, b"mdat", 16 + 3000) + bytes(3000) + struct.pack(">I4s", 8, b"wide") + movie

    assert seconds(content, 11) == 5


def test_copy_continues_without_its_original() -> None:
    header = struct.pack(">I4s", 108, b"mvhd") + bytes(12) + struct.pack(">II", 1000, 5000) + bytes(80)
    movie = struct.pack(">I4s", 8 + len(header), b"moov") + header
    original = DurationReader()
    original.feed(movie[:50])
    copied = original.copy()
    original.feed(bytes(500))
    copied.feed(movie[50:])

    assert copied.seconds == 5
