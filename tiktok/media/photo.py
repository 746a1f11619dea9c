"""A photo: decoded within limits, made to fit for TikTok, and its thumbnail.

Part of the probe's child, so it imports neither Django nor settings. A large picture is decoded scaled down where its
format can (JPEG, HEIC). Otherwise only one copy of it is ever held at full size, and it is flattened and scaled down in
strips. Colours are converted after that.
"""

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import av
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from PIL import ExifTags, Image, ImageFilter, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from tiktok.media import thumbnail
from tiktok.media.colours import converted, photo_table
from tiktok.media.containers import Refusal
from tiktok.media.heif import Colours, HeifFile, Picture, Tile
from tiktok.media.tiktok_copy import COPY_BYTES, fitted, plain_size
from tiktok.media.tracks import is_out_of_memory

QUALITY: Final = 90
CHROMA: Final = "4:4:4"
STRIP_PIXELS: Final = 2_000_000
LEFT_FOR_RESAMPLING: Final = 1.5  # a picture is averaged down to this many times the TikTok copy, then resampled
BYTES_PER_PIXEL: Final = 4  # as Pillow holds them
COEFFICIENT_BYTES: Final = 2  # a progressive JPEG is held as coefficients until its last scan
WEBP_BYTES_PER_PIXEL: Final = 20  # libwebp's two canvases, its decoder, and two copies of Pillow
LAST_BYTES: Final = 64
FRAME_BYTES_PER_PIXEL: Final = 12  # FFmpeg's frames of 10 bits
ORIENTATIONS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
HEIF_TURNS: Final = {
    ("rotate", 1): Image.Transpose.ROTATE_90,
    ("rotate", 2): Image.Transpose.ROTATE_180,
    ("rotate", 3): Image.Transpose.ROTATE_270,
    ("mirror", 0): Image.Transpose.FLIP_TOP_BOTTOM,
    ("mirror", 1): Image.Transpose.FLIP_LEFT_RIGHT,
}
SIDES_SWAP: Final = frozenset(
    {
        Image.Transpose.TRANSPOSE,
        Image.Transpose.TRANSVERSE,
        Image.Transpose.ROTATE_90,
        Image.Transpose.ROTATE_270,
    }
)
# The modes in which strips are scaled down: a profile of greys or of inks needs them as they are.
KEPT_MODES: Final = {"1": "L", "L": "L", "LA": "L", "I;16": "L", "I;16B": "L", "CMYK": "CMYK"}
# How FFmpeg numbers the matrices of ISO 23091-2.
MATRICES: Final = {1: Colorspace.ITU709, 9: Colorspace.BT2020, 10: Colorspace.BT2020}
Allow = Callable[[int], None]


@dataclass(slots=True)
class Photo:
    """A decoded photo as it is stored: ``sides`` are those of the file, ``image`` may be scaled down.

    ``crop`` is the part of ``sides`` that is shown, before the ``turns``.
    """

    image: Image.Image
    sides: tuple[int, int]
    crop: tuple[int, int, int, int] | None = None
    turns: list[Image.Transpose] = field(default_factory=list)
    profile: bytes = b""
    table: ImageFilter.Color3DLUT | None = None


@contextmanager
def damage_refused() -> Iterator[None]:
    """Raise Refusal for errors of Pillow and FFmpeg about damaged content; faults of the disk pass."""
    try:
        yield
    except av.error.FFmpegError as error:
        raise Refusal("too_heavy" if is_out_of_memory(error) else "incomplete") from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise Refusal("incomplete") from error
    except (SyntaxError, ValueError, EOFError, struct.error) as error:
        raise Refusal("incomplete") from error


def examine(path: str, family: str, thumbnail_path: str, copy_path: str, allow: Allow) -> dict[str, Any]:
    """Write the TikTok copy and the thumbnail; return the sides of the photo, upright. Raises Refusal.

    ``allow`` is called with the bytes that the decoded picture needs before it is decoded.
    """
    with damage_refused():
        photo = OPENERS[family](path, allow)
        picture = fit(photo, allow)
    as_it_is = _as_it_is(path, photo) if family == "jpeg" else b""
    Path(copy_path).write_bytes(as_it_is or _jpeg(picture, quality=QUALITY, subsampling=CHROMA))
    picture.thumbnail((thumbnail.SIDE, thumbnail.SIDE), Image.Resampling.LANCZOS)
    Path(thumbnail_path).write_bytes(_jpeg(picture, quality=thumbnail.QUALITY))
    left, top, right, bottom = photo.crop or (0, 0, *photo.sides)
    width, height = right - left, bottom - top
    if len(SIDES_SWAP.intersection(photo.turns)) % 2:
        width, height = height, width
    return {"family": family, "width": width, "height": height}


def _jpeg(image: Image.Image, **options: Any) -> bytes:
    content = BytesIO()
    image.save(content, "JPEG", **options)
    return content.getvalue()


def _as_it_is(path: str, photo: Photo) -> bytes:
    """Return the bytes of a photo that fits already; none of one that does not."""
    if fitted(*photo.sides) != photo.sides or Path(path).stat().st_size > COPY_BYTES:
        return b""
    content = Path(path).read_bytes()
    return content if plain_size(content) == photo.sides else b""


def fit(photo: Photo, allow: Allow) -> Image.Image:
    """Return the picture of the TikTok copy: 8-bit RGB in sRGB, upright, on white, without any metadata."""
    left, top, right, bottom = photo.crop or (0, 0, *photo.sides)
    target = fitted(right - left, bottom - top)
    across = photo.image.width / photo.sides[0]
    factor = max(1, int((right - left) * across / target[0] / LEFT_FOR_RESAMPLING))
    pixels = photo.image.width * photo.image.height
    allow((pixels + 2 * -(-pixels // factor**2)) * BYTES_PER_PIXEL)  # itself, reduced, and that in sRGB
    picture = converted(_reduced(photo.image, factor), photo.profile)
    if photo.table is not None:
        picture = picture.filter(photo.table)
    wide, high = picture.width / photo.sides[0], picture.height / photo.sides[1]
    box = (left * wide, top * high, right * wide, bottom * high)
    if picture.size != target or photo.crop:
        picture = picture.resize(target, Image.Resampling.LANCZOS, box=box)
    for turn in photo.turns:
        picture = picture.transpose(turn)
    return _bare(picture)


def _bare(picture: Image.Image) -> Image.Image:
    """Return the pixels alone: Pillow would write some of what an image knows of its file."""
    bare = Image.new("RGB", picture.size)
    bare.paste(picture)
    return bare


def _reduced(image: Image.Image, factor: int) -> Image.Image:
    """Return the image flattened on white, its sides divided by ``factor``; strip by strip, so in little memory."""
    mode = KEPT_MODES.get(image.mode, "RGB")
    small = Image.new(mode, (-(-image.width // factor), -(-image.height // factor)))
    rows = max(1, STRIP_PIXELS // (image.width * factor)) * factor
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(image.height, top + rows)))
        small.paste(_flat(strip, mode).reduce(factor), (0, top // factor))
    return small


def _flat(strip: Image.Image, mode: str) -> Image.Image:
    """Return the strip in this mode, without transparency."""
    if strip.mode.startswith("I;16"):
        return strip.point(lambda value: value / 256).convert("L")
    if not strip.has_transparency_data:
        return strip.convert(mode)
    strip = strip.convert("RGBA")
    flat = Image.new(mode, strip.size, "white")
    flat.paste(strip.convert(mode), mask=strip.getchannel("A"))
    return flat


def _orientation(image: Image.Image) -> list[Image.Transpose]:
    try:
        turn = ORIENTATIONS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except (SyntaxError, ValueError, KeyError, TypeError, IndexError, EOFError, OSError, struct.error):
        return []  # unreadable EXIF, which no viewer reads either
    return [] if turn is None else [turn]


def _open_jpeg(path: str, allow: Allow) -> Photo:
    """Decode the first picture of a JPEG, scaled down by libjpeg to at least twice the TikTok copy."""
    with JpegImagePlugin.JpegImageFile(path) as image:
        sides = image.size
        width, height = fitted(*sides)
        progressive = _coefficients(image) if "progressive" in image.info else 0
        image.draft(None, (2 * width, 2 * height))
        allow(image.width * image.height * BYTES_PER_PIXEL + progressive)
        image.load()
        return Photo(image, sides, turns=_orientation(image), profile=image.info.get("icc_profile", b""))


def _coefficients(image: JpegImagePlugin.JpegImageFile) -> int:
    """Return the bytes of all coefficients."""
    across, down = max(layer[1] for layer in image.layer), max(layer[2] for layer in image.layer)
    samples = sum(layer[1] * layer[2] for layer in image.layer) / (across * down)
    return int(image.width * image.height * samples) * COEFFICIENT_BYTES


def _open_png(path: str, allow: Allow) -> Photo:
    with PngImagePlugin.PngImageFile(path) as image:
        if image.is_animated:
            raise Refusal("animated")
        allow(image.width * image.height * BYTES_PER_PIXEL)
        image.load()
        return Photo(image, image.size, turns=_orientation(image), profile=image.info.get("icc_profile", b""))


def _open_webp(path: str, allow: Allow) -> Photo:
    """Decode a WebP. libwebp allocates its canvases when it opens a file, so the header is read before."""
    with Path(path).open("rb") as file:
        width, height = _webp_canvas(file.read(30))
    allow(width * height * WEBP_BYTES_PER_PIXEL + 2 * Path(path).stat().st_size)
    with WebPImagePlugin.WebPImageFile(path) as image:
        if image.is_animated:
            raise Refusal("animated")
        image.load()
        return Photo(image, image.size, turns=_orientation(image), profile=image.info.get("icc_profile", b""))


def _webp_canvas(head: bytes) -> tuple[int, int]:
    """Return the sides in the header. Raises Refusal for an animation, and when there are none."""
    kind = head[12:16]
    if len(head) < 30:
        raise Refusal("incomplete")
    if kind == b"VP8X":
        if head[20] & 2:
            raise Refusal("animated")
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF
    raise Refusal("incomplete")


def _open_heic(path: str, allow: Allow) -> Photo:
    """Decode the primary picture. It is turned as its own properties say: its EXIF repeats them."""
    with Path(path).open("rb") as file:
        heif = HeifFile(file)
        shown, alpha = heif.picture(), heif.alpha()
        allow(_needed(shown) + (_needed(alpha) if alpha else 0))
        image = _decoded(heif, shown)
        if alpha is not None:
            image.putalpha(_decoded(heif, alpha).convert("L").resize(image.size))
    table = None
    if not shown.profile and shown.colours:
        table = photo_table(shown.colours.primaries, shown.colours.transfer)
    turns = [HEIF_TURNS[turn] for turn in shown.turns if turn in HEIF_TURNS]
    return Photo(image, (shown.width, shown.height), shown.crop, turns, shown.profile, table)


def _needed(picture: Picture) -> int:
    pixels = picture.width * picture.height
    return pixels * (BYTES_PER_PIXEL if len(picture.tiles) > 1 else FRAME_BYTES_PER_PIXEL)


def _decoded(heif: HeifFile, picture: Picture) -> Image.Image:
    """Return the tiles as one picture; a picture of one tile scaled down to about twice the TikTok copy."""
    if len(picture.tiles) == 1:
        width, height = fitted(picture.width, picture.height)
        frame = _frame(heif, picture.tiles[0])
        return _image(frame, picture.colours, min(frame.width, 2 * width), min(frame.height, 2 * height))
    whole = Image.new("RGB", (picture.width, picture.height))
    for number, tile in enumerate(picture.tiles):
        part = _image(_frame(heif, tile), picture.colours)
        row, column = divmod(number, picture.columns)
        whole.paste(part, (column * part.width, row * part.height))
    return whole


def _frame(heif: HeifFile, tile: Tile) -> VideoFrame:
    decoder = av.CodecContext.create("hevc", "r")
    decoder.extradata, decoder.thread_count = tile.config, 1
    decoder.options = {"err_detect": "explode"}
    content = heif.bytes_of(tile.item)
    if not any(content[-LAST_BYTES:]):  # a coded picture never ends in zeros: they were not downloaded
        raise Refusal("incomplete")
    for frame in (*decoder.decode(av.Packet(content)), *decoder.decode(None)):
        if isinstance(frame, VideoFrame) and not frame.is_corrupt:
            return frame
    raise Refusal("incomplete")


def _image(frame: VideoFrame, colours: Colours | None, width: int = 0, height: int = 0) -> Image.Image:
    """Return the frame in RGB. The file's own statement about its colours is believed more than the codec's."""
    stated: dict[str, int] = {}
    if colours is not None:
        stated["src_colorspace"] = MATRICES.get(colours.matrix, Colorspace.ITU601)
        stated["src_color_range"] = ColorRange.JPEG if colours.is_full_range else ColorRange.MPEG
    rgb = frame.reformat(
        width=width or frame.width,
        height=height or frame.height,
        format="rgb24",
        interpolation=Interpolation.AREA | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT,
        dst_color_range=ColorRange.JPEG,
        **stated,
    )
    image: Image.Image = rgb.to_image()  # type: ignore[no-untyped-call]
    return image


OPENERS: Final[dict[str, Callable[[str, Allow], Photo]]] = {
    "jpeg": _open_jpeg,
    "png": _open_png,
    "webp": _open_webp,
    "heic": _open_heic,
}
