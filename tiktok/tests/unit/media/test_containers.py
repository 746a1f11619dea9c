"""The kind of a file, by its first bytes."""

import pytest

from tiktok.media.containers import Refusal, is_image, kind_of
from tiktok.tests.photos import box


def kind(head: bytes) -> str:
    """The family, or the code of the refusal."""
    try:
        return kind_of(head).family
    except Refusal as refusal:
        return str(refusal)


def ftyp(*brands: bytes) -> bytes:
    return box(b"ftyp", brands[0], bytes(4), *brands[1:])


PHOTOS: dict[str, tuple[bytes, str]] = {
    "a JPEG": (b"\xff\xd8\xff\xe0", "jpeg"),
    "a PNG": (b"\x89PNG\r\n\x1a\n", "png"),
    "a WebP": (b"RIFF\x10\0\0\0WEBPVP8 ", "webp"),
    "an iPhone's HEIC": (ftyp(b"heic", b"mif1", b"heic"), "heic"),
    "a HEIC of 10 bits": (ftyp(b"heix", b"mif1"), "heic"),
    "a HEIF that names its codec second": (ftyp(b"mif1", b"heic"), "heic"),
    "a HEIF that names no codec": (ftyp(b"mif1", b"miaf"), "heic"),
}
REFUSED_IMAGES: dict[str, tuple[bytes, str]] = {
    "a GIF": (b"GIF89a", "gif"),
    "an old GIF": (b"GIF87a", "gif"),
    "a BMP": (b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", "bmp"),
    "a TIFF": (b"II*\0\x08\0\0\0", "tiff"),
    "a TIFF of the other byte order": (b"MM\0*\0\0\0\x08", "tiff"),
    "a large TIFF": (b"II+\0\x08\0\0\0", "tiff"),
    "Canon's raw": (ftyp(b"crx ", b"crx ", b"isom"), "tiff"),
    "Fuji's raw": (b"FUJIFILMCCD-RAW 0201", "tiff"),
    "an SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'>", "svg"),
    "an SVG with a prologue": (b"\xef\xbb\xbf\n<?xml version='1.0'?>\n<!-- drawn --><SVG>", "svg"),
    "an AVIF": (ftyp(b"avif", b"mif1", b"miaf"), "avif"),
    "an AVIF that is HEIF first": (ftyp(b"mif1", b"avif", b"miaf"), "avif"),
    "an animated AVIF": (ftyp(b"avis", b"msf1"), "avif"),
    "an animated HEIC": (ftyp(b"hevc", b"msf1"), "animated"),
    "a Photoshop file": (b"8BPS\0\1", "image"),
    "an icon": (b"\0\0\1\0\1\0", "image"),
    "a JPEG XL": (b"\xff\x0a\xfa", "image"),
    "a JPEG XL in boxes": (b"\0\0\0\x0cJXL \r\n\x87\n", "image"),
    "a JPEG 2000": (b"\0\0\0\x0cjP  \r\n\x87\n", "image"),
}
NO_IMAGES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "unknown_format"),
    "text": (b"BMW and other letters of the alphabet", "unknown_format"),
    "XML": (b"<?xml version='1.0'?><rss></rss>", "unknown_format"),
    "a web page": (b"\n<!DOCTYPE html><html><body><svg></svg>", "web_page"),
    "a web page without its type": (b"<head></head><HTML>", "web_page"),
    "a PDF": (b"%PDF-1.7", "unknown_format"),
    "a sound of RIFF": (b"RIFF\x10\0\0\0WAVEfmt ", "unknown_format"),
    "an MP4": (ftyp(b"isom", b"mp41"), "mov"),
    "an MP4 that iPhones write": (ftyp(b"qt  "), "mov"),
    "a WebM": (b"\x1a\x45\xdf\xa3\x84\x42\x82\x84webm", "matroska"),
}


@pytest.mark.parametrize("name", PHOTOS | REFUSED_IMAGES | NO_IMAGES)
def test_kind_is_decided_by_the_first_bytes(name: str) -> None:
    head, expected = (PHOTOS | REFUSED_IMAGES | NO_IMAGES)[name]

    assert kind(head) == expected


@pytest.mark.parametrize("name", PHOTOS | REFUSED_IMAGES | NO_IMAGES)
def test_images_differ_from_everything_else(name: str) -> None:
    head, _ = (PHOTOS | REFUSED_IMAGES | NO_IMAGES)[name]

    assert is_image(head) == (name not in NO_IMAGES)
