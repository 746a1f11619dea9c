"""The TikTok copy of a photo: how large it may be, and what a JPEG may hold to be one.

Used by the probe's child, so it imports neither Django nor settings, and by its parent, which believes no child.
"""

import re
from typing import Final

# TikTok's limits (docs/tiktok.md, section 10). It states no limit of the longer side: this one is that of its videos,
# and keeps a panorama from becoming a file of 60,000 px.
SHORT_SIDE_PX: Final = 1080
LONG_SIDE_PX: Final = 4096
COPY_BYTES: Final = 20_000_000
START: Final = b"\xff\xd8"
END: Final = 0xD9
SCAN: Final = 0xDA
JFIF: Final = 0xE0
JFIF_BYTES: Final = 14  # without a thumbnail
FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive
TABLES: Final = frozenset({0xC4, 0xDB, 0xDD})
# In a scan, 0xFF is followed by zero or by the number of a restart; anything else begins the next segment.
NEXT_SEGMENT: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def fitted(width: int, height: int) -> tuple[int, int]:
    """Return the sides of the TikTok copy: the same shape, never larger than the photo."""
    scale = min(1.0, SHORT_SIDE_PX / min(width, height), LONG_SIDE_PX / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def plain_size(content: bytes) -> tuple[int, int] | None:
    """Return width and height of a JPEG that is a picture and nothing else; None for any other content.

    It begins as JFIF, has one frame of 8 bits and three components, its tables and scans, and ends with its end: no
    EXIF, XMP, IPTC, comment, profile or thumbnail, no second picture, nothing behind it.
    """
    if not content.startswith(START + bytes([0xFF, JFIF])):
        return None
    at, size = len(START), None
    while content[at : at + 1] == b"\xff" and at + 2 <= len(content):
        kind, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if kind == END:
            return size if at + 2 == len(content) else None
        body = content[at + 4 : at + 2 + length]
        if not _is_allowed(kind, body) or (kind in FRAMES and size):
            return None
        size = _frame_size(body) if kind in FRAMES else size
        at += 2 + length
        if kind == SCAN:
            at = _end_of_scan(content, at)
    return None


def _is_allowed(kind: int, body: bytes) -> bool:
    if kind == JFIF:
        return body.startswith(b"JFIF\0") and len(body) == JFIF_BYTES
    return kind == SCAN or kind in TABLES or (kind in FRAMES and len(body) > 5 and (body[0], body[5]) == (8, 3))


def _frame_size(body: bytes) -> tuple[int, int]:
    return int.from_bytes(body[3:5], "big"), int.from_bytes(body[1:3], "big")


def _end_of_scan(content: bytes, at: int) -> int:
    found = NEXT_SEGMENT.search(content, at)
    return found.start() if found else len(content)
