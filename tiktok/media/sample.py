"""Generated videos: the demo's clips, and those of tests. H.264 by default, silent, really decodable."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, cast

import av
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image, ImageDraw

Painter = Callable[[float], Image.Image]
FORMATS: Final = {".mp4": "mp4", ".mov": "mov", ".webm": "webm", ".mkv": "matroska"}


@dataclass(frozen=True, slots=True)
class Shape:
    """The video to encode. ``options`` are the encoder's own (``crf``, ``preset``)."""

    width: int = 1080
    height: int = 1920
    fps: int = 30
    codec: str = "libx264"
    options: tuple[tuple[str, str], ...] = (("preset", "ultrafast"), ("crf", "30"))


def write_video(
    path: Path, frames: Iterator[Image.Image], shape: Shape, *, container: str = "", repeat: int = 1
) -> None:
    """Encode ``frames`` once and mux the packets ``repeat`` times, one after the other.

    ``container`` is FFmpeg's name; by default it follows from the path's suffix.
    """
    format_name = container or FORMATS.get(path.suffix, "mp4")
    faststart = {"movflags": "faststart"} if format_name in {"mp4", "mov"} else {}
    with av.open(str(path), "w", format=format_name, options=faststart) as out:
        stream = _add_stream(out, shape)
        packets = list(_encode(stream, frames))
        _mux(out, stream, packets, shape, repeat)


def _add_stream(out: OutputContainer, shape: Shape) -> VideoStream:
    stream = cast(VideoStream, out.add_stream(shape.codec, rate=shape.fps, options=dict(shape.options)))
    stream.width, stream.height, stream.pix_fmt = shape.width, shape.height, "yuv420p"
    stream.codec_context.thread_count = 2
    stream.codec_context.max_b_frames = 0
    stream.time_base = Fraction(1, shape.fps)
    return stream


def _encode(stream: VideoStream, frames: Iterator[Image.Image]) -> Iterator[tuple[int, bool, bytes]]:
    """Yield (number, is a key frame, bytes) of each packet; without B frames their order is the pictures'."""
    number = 0
    for frame in frames:
        picture = VideoFrame.from_image(frame)  # type: ignore[no-untyped-call]
        picture.pts, picture.time_base, number = number, stream.time_base, number + 1
        yield from _taken(stream.encode(picture))
    yield from _taken(stream.encode(None))


def _taken(packets: list[Any]) -> Iterator[tuple[int, bool, bytes]]:
    for packet in packets:
        yield packet.pts, packet.is_keyframe, bytes(packet)


def _mux(
    out: OutputContainer, stream: VideoStream, packets: list[tuple[int, bool, bytes]], shape: Shape, repeat: int
) -> None:
    for round_ in range(repeat):
        for at, (_, is_key, data) in enumerate(packets):
            packet = av.Packet(data)
            packet.stream, packet.is_keyframe = stream, is_key
            packet.time_base = Fraction(1, shape.fps)
            packet.pts = packet.dts = round_ * len(packets) + at
            packet.duration = 1
            out.mux(packet)


def _blend(low: tuple[int, int, int], high: tuple[int, int, int], share: float) -> tuple[int, int, int]:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(low, high, strict=True))
    return red, green, blue


PALETTES: Final = (
    ((79, 70, 229), (254, 205, 166)),
    ((13, 100, 72), (250, 231, 160)),
    ((124, 45, 90), (255, 183, 178)),
    ((16, 42, 92), (166, 226, 245)),
)


def sunset(shape: Shape, *, look: int = 0, title: str = "") -> Painter:
    """Draw a calm moving picture: a sky in two colours, a sun that rises, hills that drift."""
    low, high = PALETTES[look % len(PALETTES)]
    sky = Image.new("RGB", (1, 64))
    sky.putdata([_blend(low, high, at / 63) for at in range(64)])
    backdrop = sky.resize((shape.width, shape.height), Image.Resampling.BICUBIC)

    def paint(share: float) -> Image.Image:
        image = backdrop.copy()
        draw = ImageDraw.Draw(image)
        _sun(draw, shape, share)
        for layer in range(3):
            _hill(draw, shape, share, layer, _blend(low, (10, 12, 20), 0.35 + 0.25 * layer))
        if title:
            draw.text(
                (shape.width / 2, shape.height * 0.16), title, fill="white", anchor="mm", font_size=shape.width // 11
            )
        return image

    return paint


def _sun(draw: ImageDraw.ImageDraw, shape: Shape, share: float) -> None:
    radius = shape.width * 0.16
    x, y = shape.width * (0.3 + 0.4 * share), shape.height * (0.62 - 0.22 * math.sin(share * math.pi / 2))
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(255, 241, 214))


def _hill(draw: ImageDraw.ImageDraw, shape: Shape, share: float, layer: int, colour: tuple[int, int, int]) -> None:
    base, swing = shape.height * (0.66 + 0.1 * layer), shape.height * 0.035
    wave = [
        (x, base + swing * math.sin(x / shape.width * (5 - layer) + layer * 2 + share * (1 + layer)))
        for x in range(0, shape.width + 40, 40)
    ]
    draw.polygon([(0, shape.height), *wave, (shape.width, shape.height)], fill=colour)


def make_sample(path: Path, *, seconds: int = 4, look: int = 0, title: str = "") -> Path:
    """Write a clip for the demo: 1080×1920, 30 fps, H.264, silent, a few hundred KB. ``look`` picks the colours."""
    shape = Shape(options=(("preset", "ultrafast"), ("crf", "28")))
    paint = sunset(shape, look=look, title=title)
    count = seconds * shape.fps
    write_video(path, (paint(at / count) for at in range(count)), shape, container="mp4")
    return path
