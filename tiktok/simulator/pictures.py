"""Format and size of a photo: JPEG and WebP, the two that TikTok takes."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

LARGEST_PHOTO = 20_000_000
LONGEST_SHORT_SIDE = 1080
# Start-of-frame markers; three codes between them mean something else.
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
ALONE = frozenset({0x01, *range(0xD0, 0xD9)})


@dataclass(frozen=True)
class Picture:
    """A photo as far as TikTok's limits concern it."""

    format: str
    width: int
    height: int


def measure(content: bytes) -> Picture | None:
    """Return format and size, or None if it is neither JPEG nor WebP."""
    sides = None
    if content.startswith(b"\xff\xd8\xff"):
        kind, sides = "jpeg", jpeg_sides(content)
    elif content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        kind, sides = "webp", webp_sides(content)
    return Picture(kind, *sides) if sides else None


def fault(content: bytes) -> str:
    """Return the fail reason of this photo; empty if it is within TikTok's limits."""
    picture = measure(content)
    if picture is None:
        return "file_format_check_failed"
    return "picture_size_check_failed" if min(picture.width, picture.height) > LONGEST_SHORT_SIDE else ""


def jpeg_sides(content: bytes) -> tuple[int, int] | None:
    for marker, segment in jpeg_segments(content):
        if marker in FRAMES and len(segment) >= 5:
            height, width = struct.unpack_from(">HH", segment, 1)
            return (width, height) if width and height else None
    return None


def jpeg_segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield marker and content of each segment before the picture's data."""
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF or marker in ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(content[at + 2 : at + 4])
        yield marker, content[at + 4 : at + 2 + length]
        at += 2 + length


def webp_sides(content: bytes) -> tuple[int, int] | None:
    kind, body = content[12:16], content[20:30]
    if len(body) < 10:
        return None
    if kind == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if kind == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", body, 6)
        return width & 0x3FFF, height & 0x3FFF
    return None
