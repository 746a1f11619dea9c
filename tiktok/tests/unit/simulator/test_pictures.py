"""Formats and sides of photos, against Pillow."""

from io import BytesIO

import pytest
from PIL import Image

from tiktok.simulator.pictures import LARGEST_PHOTO, Picture, fault, measure


def encoded(width: int, height: int, kind: str, **options: object) -> bytes:
    content = BytesIO()
    image = Image.effect_noise((width, height), 40).convert("RGB")
    image.save(content, kind, **options)
    return content.getvalue()


def with_exif(content: bytes) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "x" * 5000
    out = BytesIO()
    with Image.open(BytesIO(content)) as image:
        image.save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (encoded(123, 457, "JPEG"), "jpeg"),
        (encoded(123, 457, "JPEG", progressive=True), "jpeg"),
        (with_exif(encoded(123, 457, "JPEG")), "jpeg"),
        (encoded(123, 457, "WEBP"), "webp"),
        (encoded(123, 457, "WEBP", lossless=True), "webp"),
        (encoded(123, 457, "WEBP", exif=Image.Exif()), "webp"),
        (encoded(123, 457, "WEBP", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0"), "webp"),
    ],
    ids=["JPEG", "progressive", "EXIF", "VP8", "VP8L", "WebP", "VP8X"],
)
def test_sides_are_those_of_the_picture(content: bytes, kind: str) -> None:
    assert measure(content) == Picture(kind, 123, 457)


@pytest.mark.parametrize(
    "content",
    [
        encoded(10, 10, "PNG"),
        encoded(10, 10, "GIF"),
        b"",
        b"\xff\xd8\xff",
        encoded(10, 10, "JPEG")[:60],
        b"RIFF\0\0\0\0WEBPVP8 ",
        b"RIFF\0\0\0\0WEBPVP8 " + bytes(40),
        b"RIFF\0\0\0\0WAVEfmt " + bytes(40),
    ],
)
def test_other_bytes_are_no_photo(content: bytes) -> None:
    assert (measure(content), fault(content)) == (None, "file_format_check_failed")


@pytest.mark.parametrize(
    ("sides", "reason"),
    [
        ((1080, 1920), ""),
        ((1920, 1080), ""),
        ((941, 1672), ""),
        ((1086, 1448), "picture_size_check_failed"),
        ((1254, 1254), "picture_size_check_failed"),
    ],
)
def test_shorter_side_has_at_most_1080_pixels(sides: tuple[int, int], reason: str) -> None:
    assert fault(encoded(*sides, "WEBP")) == reason


def test_largest_photo_has_20_mb() -> None:
    assert LARGEST_PHOTO == 20_000_000
