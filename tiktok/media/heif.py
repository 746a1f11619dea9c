"""The boxes of a HEIC photo (ISO 23008-12): which pictures it has, where their bytes are, how they are shown.

Python alone reads the boxes; FFmpeg's HEVC decoder, which checks of videos use already, decodes the pictures (ADR 13).
Part of the probe's child, so it imports neither Django nor settings.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from tiktok.media.containers import Refusal, boxes

META_MOST_BYTES: Final = 8 * 1024**2  # with the places of 65,536 tiles and a colour profile it has less
ALPHA: Final = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1")
ITEM_REFUSALS: Final = {b"av01": "avif"}
QUARTER_TURNS: Final = 4


@dataclass(frozen=True, slots=True)
class Tile:
    """One coded picture: the decoder's configuration (hvcC), and its NAL units."""

    config: bytes
    item: "_Item"


@dataclass(frozen=True, slots=True)
class Colours:
    """Primaries, transfer function and matrix as ISO 23091-2 numbers them."""

    primaries: int
    transfer: int
    matrix: int
    is_full_range: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of ``columns`` tiles beside each other, in rows, cut to ``width`` and ``height``.

    ``crop`` is left, top, right and bottom of the part that is shown. ``turns`` follow it: ("rotate", quarter turns
    against the clock) or ("mirror", 0 for top and bottom, 1 for left and right).
    """

    width: int
    height: int
    columns: int
    tiles: list[Tile]
    crop: tuple[int, int, int, int]
    turns: list[tuple[str, int]]
    profile: bytes
    colours: Colours | None


@dataclass(slots=True)
class _Item:
    kind: bytes
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)
    extents: list[tuple[int, int]] = field(default_factory=list)
    is_inline: bool = False  # its bytes are in the box "idat"

    def get(self, name: bytes) -> bytes:
        return next((content for kind, content in self.properties if kind == name), b"")


class _Bytes:
    """Big-endian numbers one after the other. Raises Refusal at the end."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def take(self, count: int) -> bytes:
        part = self._content[self._at : self._at + count]
        if len(part) < count:
            raise Refusal("incomplete")
        self._at += count
        return part

    def number(self, count: int) -> int:
        return int.from_bytes(self.take(count), "big")

    def rest(self) -> bytes:
        return self._content[self._at :]


def _children(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and content of the boxes in a box."""
    at = 0
    while at + 8 <= len(content):
        length, head = int.from_bytes(content[at : at + 4], "big"), 8
        if length == 1:
            length, head = int.from_bytes(content[at + 8 : at + 16], "big"), 16
        length = length or len(content) - at
        if length < head or at + length > len(content):
            raise Refusal("incomplete")
        yield content[at + 4 : at + 8], content[at + head : at + length]
        at += length


class HeifFile:
    """An open HEIC file. Raises Refusal when it is cut off, or has no picture that can be read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = Path(f"/proc/self/fd/{file.fileno()}").stat().st_size
        self._items: dict[int, _Item] = {}
        self._references: list[tuple[bytes, int, list[int]]] = []
        self._inline = b""
        self._primary = 0
        parts = dict(_children(self._meta()))
        self._inline = parts.get(b"idat", b"")
        self._primary = _read_primary(parts.get(b"pitm", b""))
        self._items = _read_items(parts.get(b"iinf", b""))
        self._references = list(_read_references(parts.get(b"iref", bytes(4))))
        _read_places(parts.get(b"iloc", b""), self._items)
        _read_properties(parts.get(b"iprp", b""), self._items)

    def _meta(self) -> bytes:
        start = 0
        for name, end in boxes(self._file, self._size):
            if end > self._size:
                raise Refusal("incomplete")
            if name == b"meta" and end - start <= META_MOST_BYTES:
                self._file.seek(start)
                _name, content = next(_children(self._file.read(end - start)))
                return content[4:]
            start = end
        raise Refusal("incomplete")

    def picture(self) -> Picture:
        """Return the picture that is shown."""
        return self._picture(self._primary)

    def alpha(self) -> Picture | None:
        """Return how opaque the picture is, as a picture in grey; None when it is opaque."""
        for kind, source, targets in self._references:
            item = self._items.get(source)
            if kind == b"auxl" and self._primary in targets and item and item.get(b"auxC")[4:].startswith(ALPHA):
                return self._picture(source)
        return None

    def bytes_of(self, item: _Item) -> bytes:
        """Return an item's bytes."""
        return b"".join(self._extent(item, start, length) for start, length in item.extents)

    def _extent(self, item: _Item, start: int, length: int) -> bytes:
        size = len(self._inline) if item.is_inline else self._size
        length = length or size - start
        if not 0 <= start < start + length <= size:
            raise Refusal("incomplete")
        if item.is_inline:
            return self._inline[start : start + length]
        self._file.seek(start)
        return self._file.read(length)

    def _picture(self, number: int) -> Picture:
        item = self._items.get(number)
        if item is None:
            raise Refusal("incomplete")
        if item.kind == b"grid":
            columns, width, height, tiles = self._grid(number, item)
        else:
            extent = _Bytes(item.get(b"ispe")[4:])
            columns, width, height, tiles = 1, extent.number(4), extent.number(4), [_tile(item)]
        shown = [*item.properties, *tiles[0].item.properties]  # a grid may leave its colours to its tiles
        return Picture(
            width,
            height,
            columns,
            tiles,
            _crop(item.get(b"clap"), width, height),
            list(_turns(item.properties)),
            next((content[4:] for kind, content in shown if _is_profile(kind, content)), b""),
            next((_colours(content) for kind, content in shown if kind == b"colr" and content[:4] == b"nclx"), None),
        )

    def _grid(self, number: int, item: _Item) -> tuple[int, int, int, list[Tile]]:
        """Return columns, width, height and the tiles."""
        content = _Bytes(self.bytes_of(item))
        flags, rows, columns = content.number(2), content.number(1) + 1, content.number(1) + 1
        width, height = (content.number(4 if flags & 1 else 2) for _ in range(2))
        numbers = [
            to for kind, source, targets in self._references for to in targets if (kind, source) == (b"dimg", number)
        ]
        if len(numbers) != rows * columns or not width * height:
            raise Refusal("incomplete")
        return columns, width, height, [_tile(self._items.get(to)) for to in numbers]


def _tile(item: _Item | None) -> Tile:
    if item is None:
        raise Refusal("incomplete")
    if item.kind != b"hvc1":
        raise Refusal(ITEM_REFUSALS.get(item.kind, "image"))
    return Tile(item.get(b"hvcC"), item)


def _is_profile(kind: bytes, content: bytes) -> bool:
    return kind == b"colr" and content[:4] in {b"prof", b"rICC"}


def _colours(content: bytes) -> Colours:
    part = _Bytes(content[4:])
    return Colours(part.number(2), part.number(2), part.number(2), bool(part.number(1) & 0x80))


def _crop(clap: bytes, width: int, height: int) -> tuple[int, int, int, int]:
    """Return the part that a clean aperture shows; all of it without one, or with a nonsensical one."""
    if len(clap) < 32:
        return 0, 0, width, height
    numbers = [int.from_bytes(clap[at : at + 4], "big", signed=True) for at in range(0, 32, 4)]
    if not all(numbers[1::2]):
        return 0, 0, width, height
    wide, high, right, down = (above / below for above, below in zip(numbers[::2], numbers[1::2], strict=True))
    left, top = round((width - wide) / 2 + right), round((height - high) / 2 + down)
    box = (left, top, left + round(wide), top + round(high))
    is_inside = 0 <= box[0] < box[2] <= width and 0 <= box[1] < box[3] <= height
    return box if is_inside else (0, 0, width, height)


def _turns(properties: list[tuple[bytes, bytes]]) -> Iterator[tuple[str, int]]:
    for kind, content in properties:
        if kind == b"irot" and content[:1]:
            yield "rotate", content[0] % QUARTER_TURNS
        elif kind == b"imir" and content[:1]:
            yield "mirror", content[0] & 1


def _read_primary(content: bytes) -> int:
    part = _Bytes(content)
    version = part.number(4) >> 24
    return part.number(2 if version == 0 else 4)


def _read_items(content: bytes) -> dict[int, _Item]:
    part = _Bytes(content)
    part.take(4 if part.number(4) >> 24 else 2)
    found = {}
    for name, entry in _children(part.rest()):
        fields = _Bytes(entry)
        version = fields.number(4) >> 24
        if name == b"infe" and version >= 2:
            number = fields.number(2 if version == 2 else 4)
            fields.take(2)
            found[number] = _Item(fields.take(4))
    return found


def _read_references(content: bytes) -> Iterator[tuple[bytes, int, list[int]]]:
    part = _Bytes(content)
    width = 4 if part.number(4) >> 24 else 2
    for name, entry in _children(part.rest()):
        fields = _Bytes(entry)
        source, count = fields.number(width), fields.number(2)
        yield name, source, [fields.number(width) for _ in range(count)]


def _read_places(content: bytes, items: dict[int, _Item]) -> None:
    part = _Bytes(content)
    version, sizes = part.number(4) >> 24, part.number(2)
    offset_size, length_size, base_size, index_size = (sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, sizes & 15)
    wide = 4 if version == 2 else 2
    for _ in range(part.number(wide)):
        item = items.get(part.number(wide), _Item(b""))
        method = part.number(2) & 15 if version else 0
        if method > 1 or part.number(2):  # made of other items, or in another file
            item.kind = b""
        item.is_inline = method == 1
        base = part.number(base_size)
        for _extent in range(part.number(2)):
            part.take(index_size if version else 0)
            item.extents.append((base + part.number(offset_size), part.number(length_size)))


def _read_properties(content: bytes, items: dict[int, _Item]) -> None:
    known: list[tuple[bytes, bytes]] = []
    for name, entry in _children(content):
        if name == b"ipco":
            known = list(_children(entry))
        elif name == b"ipma":
            _associate(entry, known, items)


def _associate(content: bytes, known: list[tuple[bytes, bytes]], items: dict[int, _Item]) -> None:
    part = _Bytes(content)
    head = part.number(4)
    wide, is_long = (4 if head >> 24 else 2), bool(head & 1)
    for _ in range(part.number(4)):
        item = items.get(part.number(wide), _Item(b""))
        for _entry in range(part.number(1)):
            at = part.number(2) & 0x7FFF if is_long else part.number(1) & 0x7F
            if 1 <= at <= len(known):
                item.properties.append(known[at - 1])
