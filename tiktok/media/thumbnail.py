"""The thumbnail of a video for lists: one frame, upright and in the colours of ordinary screens.

Part of the probe's child, so it imports neither Django nor settings.
"""

import math
import struct
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import Final, cast

from av.sidedata.sidedata import SideData, Type
from av.video.frame import VideoFrame
from av.video.reformatter import ColorTrc
from PIL import Image, ImageFilter

SIDE: Final = 640
MATRIX_BYTES: Final = 36
TABLE_SIDE: Final = 33
WHITE_NITS: Final = 203  # the brightness of paper in HDR, ITU-R BT.2408
HLG_WHITE: Final = 0.265  # the same in HLG: its signal 0.75
Matrix = tuple[tuple[float, float, float], ...]
BT2020_TO_BT709: Final[Matrix] = (
    (1.6605, -0.5876, -0.0728),
    (-0.1246, 1.1329, -0.0083),
    (-0.0182, -0.1006, 1.1187),
)  # fmt: skip
# How the axes of the coded picture run in the shown one: (a, b, c, d) of the track's matrix, each -1, 0 or 1.
TURNS: Final = {
    (0, 1, -1, 0): Image.Transpose.ROTATE_270,
    (-1, 0, 0, -1): Image.Transpose.ROTATE_180,
    (0, -1, 1, 0): Image.Transpose.ROTATE_90,
    (-1, 0, 0, 1): Image.Transpose.FLIP_LEFT_RIGHT,
    (1, 0, 0, -1): Image.Transpose.FLIP_TOP_BOTTOM,
    (0, 1, 1, 0): Image.Transpose.TRANSPOSE,
    (0, -1, -1, 0): Image.Transpose.TRANSVERSE,
}


def write_thumbnail(frame: VideoFrame, path: str) -> None:
    """Write a JPEG of the frame, upright, its longer side at most SIDE."""
    scale = min(1.0, SIDE / max(frame.width, frame.height))
    width, height = max(2, round(frame.width * scale)), max(2, round(frame.height * scale))
    image: Image.Image = frame.reformat(width=width, height=height, format="rgb24").to_image()  # type: ignore[no-untyped-call]
    if to_linear := LINEAR.get(frame.color_trc):
        image = image.filter(colour_table(to_linear))
    turn = TURNS.get(axes(frame))
    (image.transpose(turn) if turn is not None else image).save(path, "JPEG", quality=82)


def axes(frame: VideoFrame) -> tuple[int, int, int, int]:
    """Return how the track's matrix rotates and mirrors the frame; (1, 0, 0, 1) when it does neither."""
    every = cast(Iterable[SideData], frame.side_data)
    matrix = next((bytes(data) for data in every if data.type == Type.DISPLAYMATRIX), b"")
    if len(matrix) < MATRIX_BYTES:
        return 1, 0, 0, 1
    a, b, _, c, d, *_ = struct.unpack("=9i", matrix[:MATRIX_BYTES])
    largest = max(abs(value) for value in (a, b, c, d)) or 1
    first, second, third, fourth = (round(value / largest) for value in (a, b, c, d))
    return first, second, third, fourth


def linear_pq(signal: float) -> float:
    """Return the light of a PQ signal (SMPTE ST 2084); 1 is white paper."""
    power = signal ** (1 / 78.84375)
    return float(
        10_000 * (max(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)) ** (1 / 0.1593017578125) / WHITE_NITS
    )


def linear_hlg(signal: float) -> float:
    """Return the light of an HLG signal (ARIB STD-B67); 1 is white paper."""
    if signal <= 0.5:
        return signal * signal / 3 / HLG_WHITE
    return (math.exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12 / HLG_WHITE


LINEAR: Final[dict[int, Callable[[float], float]]] = {
    ColorTrc.SMPTE2084: linear_pq,
    ColorTrc.ARIB_STD_B67: linear_hlg,
}


def colour_table(to_linear: Callable[[float], float]) -> ImageFilter.Color3DLUT:
    """Return a table from BT.2020 in this transfer function to sRGB; brighter than white paper becomes white."""
    return ImageFilter.Color3DLUT.generate(TABLE_SIDE, partial(_to_srgb, lru_cache(to_linear)))


def _to_srgb(to_linear: Callable[[float], float], *signals: float) -> tuple[float, ...]:
    light = [to_linear(signal) for signal in signals]
    return tuple(_srgb(sum(part * value for part, value in zip(row, light, strict=True))) for row in BT2020_TO_BT709)


def _srgb(light: float) -> float:
    light = min(1.0, max(0.0, light))
    return 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
