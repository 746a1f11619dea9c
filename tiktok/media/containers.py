"""A file's kind by its first bytes, read before FFmpeg or Pillow reads the file, and whether a video is complete.

Part of the probe's child, so it imports neither Django nor settings.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

HEAD_BYTES: Final = 4096
MP4_FIRST_BOXES: Final = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp"})
MP4_PAYLOADS: Final = frozenset({b"moof", b"mdat"})
EBML: Final = b"\x1a\x45\xdf\xa3"
SEGMENT: Final = b"\x18\x53\x80\x67"
CLUSTER: Final = b"\x1f\x43\xb6\x75"
OPENED: Final = frozenset({SEGMENT, CLUSTER})
DOCUMENT_TYPE: Final = b"\x42\x82"
PHOTOS: Final = frozenset({"jpeg", "png", "webp", "heic"})
PHOTO_SIGNATURES: Final = {b"\xff\xd8\xff": "jpeg", b"\x89PNG\r\n\x1a\n": "png"}
# What other formats of images begin with, and the code of their refusal. Camera files are TIFF in most cases.
IMAGE_SIGNATURES: Final = {
    b"GIF87a": "gif",
    b"GIF89a": "gif",
    b"II*\0": "tiff",
    b"MM\0*": "tiff",
    b"II+\0": "tiff",
    b"MM\0+": "tiff",
    b"IIRO": "tiff",
    b"IIRS": "tiff",
    b"IIU\0": "tiff",
    b"FUJIFILMCCD-RAW": "tiff",
    b"8BPS": "image",
    b"\0\0\1\0": "image",
    b"\xff\x0a": "image",
    b"\0\0\0\x0cJXL ": "image",
    b"\0\0\0\x0cjP  ": "image",
}
BMP_HEADERS: Final = frozenset({12, 40, 52, 56, 64, 108, 124})
# The major brand of a still picture in ISO boxes: a family of photos, or the code of its refusal.
IMAGE_BRANDS: Final = {
    "heic": "heic",
    "heix": "heic",
    "heim": "heic",
    "heis": "heic",
    "mif1": "heic",
    "hevc": "animated",
    "hevx": "animated",
    "msf1": "animated",
    "avif": "avif",
    "avis": "avif",
    "avci": "image",
    "crx ": "tiff",
}
IMAGE_CODES: Final = frozenset({"gif", "bmp", "tiff", "svg", "avif", "animated", "image"})
BRANDS_AT_MOST: Final = 32


class Refusal(Exception):
    """The content is not accepted; the text is a code that the parent knows."""


@dataclass(frozen=True, slots=True)
class Kind:
    """The family of containers, and the file's own names: MP4's brands, the major one first, or a DocType."""

    family: str
    brands: list[str]


def kind_of(head: bytes) -> Kind:
    """Return the kind of the first bytes; a photo has no brands. Raises Refusal for everything that is not accepted."""
    if family := _photo_family(head):
        return Kind(family, [])
    if head[:4] == EBML:
        return Kind("matroska", [_document_type(head)])
    if head[4:8] not in MP4_FIRST_BOXES:
        raise Refusal(_code_of_text(head))
    brands = _brands(head)
    if found := _image_of(brands):
        if found in PHOTOS:
            return Kind(found, [])
        raise Refusal(found)
    return Kind("mov", brands)


def is_image(head: bytes) -> bool:
    """Return whether the first bytes are those of a photo, or of an image that is refused."""
    try:
        return kind_of(head).family in PHOTOS
    except Refusal as refusal:
        return str(refusal) in IMAGE_CODES


def _photo_family(head: bytes) -> str:
    """Return the family of a JPEG, PNG or WebP; "" for anything else. Raises Refusal for other images."""
    for signature, code in IMAGE_SIGNATURES.items():
        if head.startswith(signature):
            raise Refusal(code)
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in BMP_HEADERS:
        raise Refusal("bmp")
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    return next((family for signature, family in PHOTO_SIGNATURES.items() if head.startswith(signature)), "")


def _image_of(brands: list[str]) -> str:
    """Return the family, or the code of the refusal, of a still picture; "" for a video."""
    found = IMAGE_BRANDS.get(brands[0], "")
    is_avif = found == "heic" and "avif" in brands and "heic" not in brands
    return "avif" if is_avif else found


def _code_of_text(head: bytes) -> str:
    """Return the refusal of a web page or an SVG, or of a file of which nothing is known."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not text.startswith(b"<"):
        return "unknown_format"
    if text.startswith(b"<!doctype html") or b"<html" in text:
        return "web_page"
    return "svg" if b"<svg" in text else "unknown_format"


def _brands(head: bytes) -> list[str]:
    """Return the major brand, then the compatible ones; QuickTime's without an ftyp."""
    if head[4:8] != b"ftyp":
        return ["qt  "]
    end = min(int.from_bytes(head[:4], "big"), len(head), 16 + 4 * BRANDS_AT_MOST)
    codes = [head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))]
    return [code.decode("latin-1") for code in codes if code != bytes(4)] or [""]


def _document_type(head: bytes) -> str:
    at = head.find(DOCUMENT_TYPE)
    length = head[at + 2] & 0x7F if 0 < at < len(head) - 2 else 0
    return head[at + 3 : at + 3 + length].rstrip(b"\0").decode("latin-1") if 0 < length < 16 else ""


def is_fragmented(file: BinaryIO, size: int) -> bool:
    """Return whether an MP4's index is spread over fragments, so that its header describes little or nothing."""
    return any(name == b"moof" for name, _ in boxes(file, size))


def fragments_are_cut(file: BinaryIO, size: int) -> bool:
    """Return whether the last fragment of a fragmented MP4 lacks bytes."""
    name, end = b"", 0
    for name, end in boxes(file, size):
        if end > size and name in MP4_PAYLOADS:
            return True
    return name == b"moof" or end < size < end + 8


def boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int]]:
    """Yield name and end of the outermost boxes; the end may be beyond the file's."""
    at = 0
    while at + 8 <= size:
        file.seek(at)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        elif length == 0:
            length = size - at
        if length < 8:
            return
        at += length
        yield head[4:8], at


def matroska_is_cut(file: BinaryIO, size: int) -> bool:
    """Return whether a Matroska file ends inside one of its elements, or has other data in their place.

    A live recording does not state how long its segment and clusters are; their elements do.
    """
    at, end = 0, size
    while at < end:
        file.seek(at)
        element = _element(file.read(12))
        if element is None or (element.length is None and element.name not in OPENED):
            return True
        at += element.header
        if element.length is not None and at + element.length > size:
            return True
        if element.name == SEGMENT and element.length is not None:
            end = at + element.length
        if element.name not in OPENED:
            at += element.length or 0
    return False


@dataclass(frozen=True, slots=True)
class _Element:
    """The header of an element: its own length, and the length of its content (None: not stated)."""

    name: bytes
    header: int
    length: int | None


def _element(head: bytes) -> _Element | None:
    """Return the element, or None where none begins."""
    name_length = _width(head[:1])
    size_length = _width(head[name_length : name_length + 1])
    header = head[: name_length + size_length]
    if not 1 <= name_length <= 4 or not size_length or len(header) < name_length + size_length:
        return None
    unknown = (1 << 7 * size_length) - 1
    length = int.from_bytes(header[name_length:], "big") & unknown
    return _Element(header[:name_length], len(header), None if length == unknown else length)


def _width(first: bytes) -> int:
    """Return how many bytes a number of EBML has, by its first byte; 0 for none."""
    return 9 - first[0].bit_length() if first and first[0] else 0
