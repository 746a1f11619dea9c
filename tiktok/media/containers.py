"""A file's container, read before FFmpeg reads the file: its kind, and whether its outermost parts are complete.

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
IMAGES: Final = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\0", b"MM\0*")
IMAGE_BRANDS: Final = frozenset(
    {"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "avif", "avis", "avci", "crx "}
)
BRANDS_AT_MOST: Final = 32


class Refusal(Exception):
    """The content is not accepted; the text is a code that the parent knows."""


@dataclass(frozen=True, slots=True)
class Kind:
    """The family of containers, and the file's own names: MP4's brands, the major one first, or a DocType."""

    family: str
    brands: list[str]


def kind_of(head: bytes) -> Kind:
    """Return the container of the first bytes. Raises Refusal for an image and for everything unknown."""
    if head.startswith(IMAGES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        raise Refusal("image")
    if head[:4] == EBML:
        return Kind("matroska", [_document_type(head)])
    if head[4:8] not in MP4_FIRST_BOXES:
        raise Refusal("not_video")
    brands = _brands(head)
    if brands[0] in IMAGE_BRANDS:
        raise Refusal("image")
    return Kind("mov", brands)


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
    return any(name == b"moof" for name, _ in _boxes(file, size))


def fragments_are_cut(file: BinaryIO, size: int) -> bool:
    """Return whether the last fragment of a fragmented MP4 lacks bytes."""
    name, end = b"", 0
    for name, end in _boxes(file, size):
        if end > size and name in MP4_PAYLOADS:
            return True
    return name == b"moof" or end < size < end + 8


def _boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int]]:
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
