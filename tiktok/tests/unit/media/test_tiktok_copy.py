"""How large a TikTok copy is, and what its bytes may hold."""

import random
import struct
from typing import Any

import pytest
from PIL import Image

from tiktok.media.photo import CHROMA, QUALITY
from tiktok.media.tiktok_copy import COPY_BYTES, LONG_SIDE_PX, SHORT_SIDE_PX, fitted, plain_size
from tiktok.tests.photos import display_p3, exif, four_colours, saved, segment, with_segments


@pytest.mark.parametrize(
    ("photo", "copy"),
    [
        ((4032, 3024), (1440, 1080)),
        ((3024, 4032), (1080, 1440)),
        ((12_000, 9_000), (1440, 1080)),
        ((1086, 1448), (1080, 1440)),
        ((941, 1672), (941, 1672)),
        ((1080, 4096), (1080, 4096)),
        ((640, 360), (640, 360)),
        ((1, 1), (1, 1)),
        ((16_000, 3_600), (4096, 922)),
        ((60_000, 10), (4096, 1)),
    ],
)
def test_copy_is_scaled_to_fit_and_never_up(photo: tuple[int, int], copy: tuple[int, int]) -> None:
    assert fitted(*photo) == copy
    assert fitted(*copy) == copy


def test_largest_copy_of_pure_noise_is_below_tiktoks_limit() -> None:
    noise = random.Random(12).randbytes(SHORT_SIDE_PX * LONG_SIDE_PX * 3)
    content = saved(Image.frombytes("RGB", (SHORT_SIDE_PX, LONG_SIDE_PX), noise), quality=QUALITY, subsampling=CHROMA)

    assert len(content) < COPY_BYTES / 2


PLAIN = saved(four_colours(64, 48))


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": "4:4:4"}, {"restart_marker_rows": 1}])
def test_bare_jpeg_has_its_size(options: dict[str, Any]) -> None:
    assert plain_size(saved(four_colours(64, 48), **options)) == (64, 48)


JFIF_WITH_THUMBNAIL = b"\xff\xd8" + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\1\1" + bytes(3)) + PLAIN[20:]
NOT_BARE: dict[str, bytes] = {
    "nothing": b"",
    "text": b"<html>",
    "EXIF": saved(four_colours(64, 48), exif=exif()),
    "EXIF behind the header": with_segments(PLAIN, segment(0xE1, b"Exif\0\0" + bytes(8))),
    "XMP": with_segments(PLAIN, segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>")),
    "IPTC": with_segments(PLAIN, segment(0xED, b"Photoshop 3.0\x008BIM")),
    "a profile": saved(four_colours(64, 48), icc_profile=display_p3()),
    "a comment": with_segments(PLAIN, segment(0xFE, b"<script>")),
    "a second header": with_segments(PLAIN, segment(0xE0, b"JFXX\0\x10")),
    "a thumbnail": JFIF_WITH_THUMBNAIL,
    "something behind it": PLAIN + b"PK\3\4",
    "a second picture": PLAIN + PLAIN,
    "no end": PLAIN[:-2],
    "no scan's end": PLAIN[:-40],
    "half a header": PLAIN[:11],
    "grey": saved(four_colours(64, 48).convert("L")),
    "inks": saved(four_colours(64, 48).convert("CMYK")),
    "no picture": b"\xff\xd8" + PLAIN[2:20] + b"\xff\xd9",
    "two frames": with_segments(PLAIN, segment(0xC0, struct.pack(">BHHB", 8, 9, 9, 3) + bytes(9))),
}


@pytest.mark.parametrize("name", NOT_BARE)
def test_jpeg_with_anything_else_is_not_bare(name: str) -> None:
    assert plain_size(NOT_BARE[name]) is None
