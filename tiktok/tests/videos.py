"""Real videos for tests: one second is encoded, its packets are muxed as often as asked."""

import os
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from PIL import Image

from tiktok.media.sample import Shape, sunset, write_video


def make_video(
    path: Path,
    *,
    seconds: int = 2,
    width: int = 360,
    height: int = 640,
    fps: int = 30,
    codec: str = "libx264",
    container: str = "",
    size_bytes: int = 0,
) -> Path:
    """Write a video; with ``size_bytes`` its picture is noise and the file at least that large.

    ``container`` is FFmpeg's name (mp4, mov, webm, matroska); by default it follows from the suffix.
    """
    if size_bytes:
        return _noisy(path, seconds, Shape(width, height, fps, codec), container, size_bytes)
    shape = Shape(width, height, fps, codec, _options(codec))
    paint = sunset(shape)
    write_video(path, (paint(at / fps) for at in range(fps)), shape, container=container, repeat=seconds)
    return path


def make_large_video(path: Path) -> Path:
    """30 s, 1080×1920, 30 fps, H.264, over 70 MB."""
    return make_video(path, seconds=30, width=1080, height=1920, size_bytes=71_000_000)


def _options(codec: str) -> tuple[tuple[str, str], ...]:
    if codec == "libx264":
        return (("preset", "ultrafast"), ("crf", "30"))
    if codec.startswith("libvpx"):
        return (("deadline", "realtime"), ("cpu-used", "8"), ("b", "500k"))
    return (("preset", "ultrafast"), ("x265-params", "log-level=none")) if codec == "libx265" else ()


@lru_cache(maxsize=4)
def _noise(width: int, height: int) -> Image.Image:
    return Image.frombytes("RGB", (width // 4, height // 4), os.urandom(width // 4 * (height // 4) * 3)).resize(
        (width, height), Image.Resampling.NEAREST
    )


def _noisy(path: Path, seconds: int, shape: Shape, container: str, size_bytes: int) -> Path:
    bitrate = str(int(size_bytes * 8 / seconds * 1.15))
    rates = [(name, bitrate) for name in ("b", "minrate", "maxrate", "bufsize")]
    shape = replace(shape, options=(("preset", "ultrafast"), *rates))
    write_video(path, _drift(shape), shape, container=container, repeat=seconds)
    if path.stat().st_size < size_bytes:
        raise AssertionError(f"{path.stat().st_size} bytes, wanted {size_bytes}")
    return path


def _drift(shape: Shape) -> Iterator[Image.Image]:
    noise = _noise(shape.width, shape.height)
    for at in range(shape.fps):
        image = Image.new("RGB", noise.size)
        image.paste(noise, (at * 7, 0))
        image.paste(noise, (at * 7 - shape.width, 0))
        yield image
