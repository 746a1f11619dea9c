"""The thumbnail of a video for lists: one frame, upright and in the colours of ordinary screens.

Part of the probe's child, so it imports neither Django nor settings.
"""

import struct
from collections.abc import Iterable
from typing import Final, cast

from av.sidedata.sidedata import SideData, Type
from av.video.frame import VideoFrame
from PIL import Image

from tiktok.media.colours import hdr_table

SIDE: Final = 640
MATRIX_BYTES: Final = 36
QUALITY: Final = 82
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
    if table := hdr_table(frame.color_trc):
        image = image.filter(table)
    turn = TURNS.get(axes(frame))
    (image.transpose(turn) if turn is not None else image).save(path, "JPEG", quality=QUALITY)


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
