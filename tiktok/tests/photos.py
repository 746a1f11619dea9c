"""Photos as phones, cameras, editors and forgers write them."""

import io
import re
import struct
import zlib
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

import av
from av.video.reformatter import ColorRange, Colorspace
from PIL import ExifTags, Image

RED, GREEN, BLUE, WHITE = (200, 30, 30), (30, 160, 30), (30, 30, 200), (230, 230, 230)
NAMES: Final = {RED: "R", GREEN: "G", BLUE: "B", WHITE: "W"}
GPS: Final = b"48 deg 12 min"
ALPHA: Final = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"


def four_colours(width: int = 360, height: int = 640) -> Image.Image:
    """Red, green / white, blue: each quarter of the picture has its colour."""
    image = Image.new("RGB", (width, height), RED)
    middle, centre = width // 2, height // 2
    image.paste(GREEN, (middle, 0, width, centre))
    image.paste(BLUE, (middle, centre, width, height))
    image.paste(WHITE, (0, centre, middle, height))
    return image


def corners(image: Image.Image) -> str:
    """The colours of the four corners from the top left, clockwise."""
    right, bottom = image.width - 10, image.height - 10
    seen = [pixel(image, at) for at in ((10, 10), (right, 10), (right, bottom), (10, bottom))]
    return "".join(NAMES[min(NAMES, key=lambda name: _distance(name, colour))] for colour in seen)


def _distance(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True))


def pixel(image: Image.Image, at: tuple[int, int]) -> tuple[int, int, int]:
    """A pixel's red, green and blue."""
    found: Any = image.convert("RGB").getpixel(at)
    red, green, blue = found
    return red, green, blue


def saved(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The image in this format."""
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    """EXIF with an orientation, a camera, a place, and a description."""
    data = Image.Exif()
    data[ExifTags.Base.Orientation] = orientation
    data[ExifTags.Base.Make] = "Aurora Phones"
    data[ExifTags.Base.ImageDescription] = GPS.decode()
    data.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    data.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (48.0, 12.0, 30.0)
    return data


def segment(kind: int, content: bytes) -> bytes:
    """A segment of a JPEG."""
    return bytes([0xFF, kind]) + struct.pack(">H", 2 + len(content)) + content


def with_segments(jpeg: bytes, *segments: bytes) -> bytes:
    """A JPEG with these segments behind its header."""
    end = 4 + struct.unpack(">H", jpeg[4:6])[0]
    return jpeg[:end] + b"".join(segments) + jpeg[end:]


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG with its checksum."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(size: tuple[int, int], *, depth: int, colour: int, rows: Iterable[bytes], extra: bytes = b"") -> bytes:
    """A PNG of rows as they are, also with a header that lies about them."""
    header = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, 0)
    packer = zlib.compressobj(1)
    packed = b"".join([*(packer.compress(b"\0" + row) for row in rows), packer.flush()])
    chunks = png_chunk(b"IHDR", header) + extra + png_chunk(b"IDAT", packed) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def as_srgb(colour: tuple[int, int, int]) -> tuple[int, ...]:
    """Return a colour of Display-P3 in sRGB, by the numbers of both standards."""
    light = [_linear(value / 255) for value in colour]
    rows = ((1.22494, -0.22494, 0.0), (-0.04206, 1.04206, 0.0), (-0.01964, -0.07864, 1.09828))
    return tuple(
        round(255 * _signal(sum(part * value for part, value in zip(row, light, strict=True)))) for row in rows
    )


def _linear(signal: float) -> float:
    return signal / 12.92 if signal <= 0.04045 else ((signal + 0.055) / 1.055) ** 2.4


def _signal(light: float) -> float:
    light = min(1.0, max(0.0, light))
    return 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055


@lru_cache
def display_p3() -> bytes:
    """An ICC profile of Display-P3: its primaries for D50, and sRGB's curve as 1,024 values."""
    curve = b"curv" + bytes(4) + struct.pack(">I", 1024)
    curve += b"".join(struct.pack(">H", round(65535 * _linear(at / 1023))) for at in range(1024))
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 11) + b"Display P3\0" + bytes(78),
        b"wtpt": _xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": _xyz(0.51512, 0.2412, -0.00105),
        b"gXYZ": _xyz(0.29198, 0.69225, 0.04189),
        b"bXYZ": _xyz(0.1571, 0.06657, 0.78407),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    return _profile(b"RGB ", tags)


def _xyz(*numbers: float) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


def _profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    table, content = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, tag in tags.items():
        padded = tag + bytes(-len(tag) % 4)
        table += name + struct.pack(">II", start + len(content), len(tag))
        content += padded
    head = struct.pack(">I4sI4s4s4s", start + len(content), b"test", 0x02400000, b"mntr", space, b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + struct.pack(">iii", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + table + content


# HEIC: coded by x265, its boxes written here.


def box(kind: bytes, *content: bytes) -> bytes:
    """A box of ISO 14496-12."""
    whole = b"".join(content)
    return struct.pack(">I", 8 + len(whole)) + kind + whole


def full_box(kind: bytes, *content: bytes, version: int = 0) -> bytes:
    """A box with a version."""
    return box(kind, bytes([version, 0, 0, 0]), *content)


def hevc(image: Image.Image, *, pixels: str = "yuv420p") -> tuple[bytes, bytes]:
    """The image as one HEVC picture: the decoder's configuration (hvcC), and its NAL units."""
    coder: Any = av.CodecContext.create("libx265", "w")
    coder.width, coder.height, coder.pix_fmt, coder.time_base = image.width, image.height, pixels, Fraction(1)
    coder.options = {"preset": "ultrafast", "x265-params": "log-level=none:qp=8:info=0"}
    frame: Any = av.VideoFrame.from_image(image.convert("RGB"))  # type: ignore[no-untyped-call]
    coded = frame.reformat(format=pixels, dst_colorspace=Colorspace.ITU601, dst_color_range=ColorRange.JPEG)
    stream = b"".join(bytes(packet) for packet in (*coder.encode(coded), *coder.encode(None)))
    units = [unit for unit in re.split(b"\0?\0\0\1", stream) if unit]
    settings = [unit for unit in units if _unit_kind(unit) in PARAMETER_SETS]
    arrays = [bytes([_unit_kind(unit)]) + b"\0\1" + struct.pack(">H", len(unit)) + unit for unit in settings]
    config = b"\1" + settings[1][3:15] + b"\xf0\0\xfc\xfd\xf8\xf8\0\0\x0f" + bytes([len(arrays)]) + b"".join(arrays)
    pictures = [unit for unit in units if _unit_kind(unit) < FIRST_SETTING]
    return config, b"".join(struct.pack(">I", len(unit)) + unit for unit in pictures)


PARAMETER_SETS: Final = frozenset({32, 33, 34})
FIRST_SETTING: Final = 32


def _unit_kind(unit: bytes) -> int:
    return unit[0] >> 1 & 0x3F


IMAGE_HEADER: Final = full_box(b"hdlr", bytes(4), b"pict", bytes(13))
FULL_RANGE_601: Final = box(b"colr", b"nclx", struct.pack(">HHHB", 1, 13, 6, 0x80))
DISPLAY_P3: Final = box(b"colr", b"nclx", struct.pack(">HHHB", 12, 13, 6, 0x80))
PQ: Final = box(b"colr", b"nclx", struct.pack(">HHHB", 9, 16, 6, 0x80))


def profile(content: bytes) -> bytes:
    """The property of an ICC profile."""
    return box(b"colr", b"prof", content)


def rotated(quarter_turns: int) -> bytes:
    """The property that turns a picture against the clock."""
    return box(b"irot", bytes([quarter_turns]))


def mirrored(axis: int) -> bytes:
    """The property that swaps top and bottom (0), or left and right (1)."""
    return box(b"imir", bytes([axis]))


def clean_aperture(width: int, height: int, right: int = 0, down: int = 0) -> bytes:
    """The property that shows a part of a picture; ``right`` and ``down`` from its centre."""
    return box(b"clap", struct.pack(">IIIIiIiI", width, 1, height, 1, right, 1, down, 1))


class Heic:
    """A HEIC file: add its pictures, the primary one first."""

    def __init__(self, brand: bytes = b"heic") -> None:
        self.brand = brand
        self.items: list[tuple[bytes, bytes, list[bytes]]] = []
        self.references: list[tuple[bytes, int, list[int]]] = []

    def add(self, image: Image.Image, *properties: bytes, kind: bytes = b"hvc1", pixels: str = "yuv420p") -> int:
        """Add a coded picture and return its number."""
        config, data = hevc(image, pixels=pixels)
        extent = full_box(b"ispe", struct.pack(">II", *image.size))
        self.items.append((kind, data, [box(b"hvcC", config), extent, *properties]))
        return len(self.items)

    def add_grid(self, image: Image.Image, side: int, *properties: bytes) -> int:
        """Add a picture of square tiles, as iPhones do, and return its number."""
        columns, rows = -(-image.width // side), -(-image.height // side)
        grid = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, *image.size)
        extent = full_box(b"ispe", struct.pack(">II", *image.size))
        self.items.append((b"grid", grid, [extent, *properties]))
        number = len(self.items)
        places = [(column * side, row * side) for row in range(rows) for column in range(columns)]
        tiles = [self.add(image.crop((x, y, x + side, y + side))) for x, y in places]
        self.references.append((b"dimg", number, tiles))
        return number

    def add_alpha(self, image: Image.Image, of: int) -> int:
        """Add how opaque a picture is."""
        number = self.add(image, full_box(b"auxC", ALPHA), pixels="gray")
        self.references.append((b"auxl", number, [of]))
        return number

    def add_exif(self, data: bytes, of: int) -> int:
        """Add EXIF to a picture."""
        self.items.append((b"Exif", bytes(4) + data, []))
        self.references.append((b"cdsc", len(self.items), [of]))
        return len(self.items)

    def content(self) -> bytes:
        """The file."""
        head = box(b"ftyp", self.brand, bytes(4), b"mif1heic")
        start = len(head) + len(self._meta([0] * len(self.items))) + 8
        starts = [start + sum(len(data) for _, data, _ in self.items[:at]) for at in range(len(self.items))]
        return head + self._meta(starts) + box(b"mdat", *(data for _, data, _ in self.items))

    def _meta(self, starts: Sequence[int]) -> bytes:
        entries = [
            full_box(b"infe", struct.pack(">HH", number, 0), kind, b"\0", version=2)
            for number, (kind, _, _) in enumerate(self.items, 1)
        ]
        places = [
            struct.pack(">HHHII", number, 0, 1, start, len(data))
            for number, (start, (_, data, _)) in enumerate(zip(starts, self.items, strict=True), 1)
        ]
        known = [one for _, _, properties in self.items for one in properties]
        links, at = [], 0
        for number, (_, _, properties) in enumerate(self.items, 1):
            marks = [struct.pack(">H", 0x8000 | at + place) for place in range(1, len(properties) + 1)]
            links.append(struct.pack(">HB", number, len(properties)) + b"".join(marks))
            at += len(properties)
        references = [
            box(kind, struct.pack(f">HH{len(to)}H", source, len(to), *to)) for kind, source, to in self.references
        ]
        return full_box(
            b"meta",
            IMAGE_HEADER,
            full_box(b"pitm", struct.pack(">H", 1)),
            full_box(b"iloc", b"\x44\0", struct.pack(">H", len(places)), *places),
            full_box(b"iinf", struct.pack(">H", len(entries)), *entries),
            full_box(b"iref", *references),
            box(b"iprp", box(b"ipco", *known), _associations(links)),
        )


def _associations(links: Sequence[bytes]) -> bytes:
    return box(b"ipma", bytes([0, 0, 0, 1]), struct.pack(">I", len(links)), *links)


def heic(image: Image.Image, *properties: bytes) -> bytes:
    """A HEIC of one coded picture."""
    file = Heic()
    file.add(image, *(properties or (FULL_RANGE_601,)))
    return file.content()
