"""Photos through the probe: what they become for TikTok, and those that mean harm."""

import io
import struct
import zlib
from collections.abc import Callable
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tiktok.media import probe
from tiktok.media.facts import Facts, problems_of
from tiktok.media.refusals import ContentRefused, refusal_text
from tiktok.media.tiktok_copy import plain_size
from tiktok.models import MediaKind
from tiktok.tests.children import peak_of_probe_kb
from tiktok.tests.photos import (
    BLUE,
    DISPLAY_P3,
    FULL_RANGE_601,
    GPS,
    GREEN,
    RED,
    Heic,
    as_srgb,
    clean_aperture,
    corners,
    display_p3,
    exif,
    four_colours,
    heic,
    mirrored,
    pixel,
    png,
    png_chunk,
    profile,
    rotated,
    saved,
    segment,
    with_segments,
)

CHILD_MOST_KB = 620_000


class Checked:
    """A photo after its check: ``facts``, and the two pictures that were made."""

    def __init__(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "upload"
        path.write_bytes(content)
        self.facts = probe.probe(path, tmp_path / "thumbnail", tmp_path / "copy", lambda: None)
        self.content = (tmp_path / "copy").read_bytes()
        self.copy = _loaded(tmp_path / "copy")
        self.thumbnail = _loaded(tmp_path / "thumbnail")
        read = probe.read_copy(tmp_path / "copy", lambda: None)
        assert (read.width, read.height) == self.copy.size
        assert path.read_bytes() == content
        assert problems_of(self.facts) == []


def _loaded(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
        assert (image.format, image.mode) == ("JPEG", "RGB")
        return image


def refused(tmp_path: Path, content: bytes) -> str:
    path = tmp_path / "upload"
    path.write_bytes(content)
    with pytest.raises(ContentRefused) as refusal:
        probe.probe(path, tmp_path / "thumbnail", tmp_path / "copy", lambda: None)
    assert refusal_text(refusal.value.code)
    return refusal.value.code


@pytest.fixture(scope="module")
def large_heic() -> bytes:
    """1,500 × 1,200 px in tiles of 512 px, as iPhones write it: stored lying, turned by its properties."""
    file = Heic()
    number = file.add_grid(four_colours(1500, 1200), 512, FULL_RANGE_601, rotated(3))
    file.add_exif(exif(6).tobytes(), number)
    return file.content()


FORMATS: dict[str, tuple[bytes, str, str]] = {
    "jpeg": (saved(four_colours()), "image/jpeg", "jpeg"),
    "progressive": (saved(four_colours(), progressive=True), "image/jpeg", "jpeg"),
    "png": (saved(four_colours(), "PNG"), "image/png", "png"),
    "webp": (saved(four_colours(), "WEBP", quality=90), "image/webp", "webp"),
    "lossless webp": (saved(four_colours(), "WEBP", lossless=True), "image/webp", "webp"),
    "webp with metadata": (saved(four_colours(), "WEBP", exif=exif()), "image/webp", "webp"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_photo_has_facts_a_copy_and_a_thumbnail(tmp_path: Path, name: str) -> None:
    content, content_type, codec = FORMATS[name]
    checked = Checked(tmp_path, content)

    assert checked.facts == Facts(content_type, codec, 360, 640, None, None, False, True, MediaKind.PHOTO)
    assert (checked.copy.size, corners(checked.copy)) == ((360, 640), "RGBW")
    assert (checked.thumbnail.size, corners(checked.thumbnail)) == ((360, 640), "RGBW")


def test_phones_heic_is_put_together_and_upright(tmp_path: Path, large_heic: bytes) -> None:
    checked = Checked(tmp_path, large_heic)

    assert checked.facts == Facts("image/heic", "heic", 1200, 1500, None, None, False, True, MediaKind.PHOTO)
    assert (checked.copy.size, corners(checked.copy)) == ((1080, 1350), "WRGB")
    assert (checked.thumbnail.size, corners(checked.thumbnail)) == ((512, 640), "WRGB")


@pytest.mark.parametrize(
    ("properties", "size", "shown"),
    [
        ((rotated(1),), (640, 360), "GBWR"),
        ((rotated(2),), (360, 640), "BWRG"),
        ((mirrored(0),), (360, 640), "WBGR"),
        ((rotated(1), mirrored(1)), (640, 360), "BGRW"),
        ((clean_aperture(300, 500, 10, -20),), (300, 500), "RGBW"),
    ],
)
def test_heic_is_shown_as_its_properties_say(
    tmp_path: Path, properties: tuple[bytes, ...], size: tuple[int, int], shown: str
) -> None:
    checked = Checked(tmp_path, heic(four_colours(), FULL_RANGE_601, *properties))

    assert (checked.facts.width, checked.facts.height) == size
    assert (checked.copy.size, corners(checked.copy)) == (size, shown)


@pytest.mark.parametrize(
    ("orientation", "shown"),
    [(1, "RGBW"), (2, "GRWB"), (3, "BWRG"), (4, "WBGR"), (5, "RWBG"), (6, "WRGB"), (7, "BGRW"), (8, "GBWR")],
)
def test_photo_is_turned_as_its_exif_says(tmp_path: Path, orientation: int, shown: str) -> None:
    checked = Checked(tmp_path, saved(four_colours(), exif=exif(orientation)))

    size = (640, 360) if orientation >= 5 else (360, 640)
    assert (checked.facts.width, checked.facts.height) == size
    assert (checked.copy.size, corners(checked.copy)) == (size, shown)
    assert corners(checked.thumbnail) == shown


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_orientation_counts_in_every_format(tmp_path: Path, kind: str) -> None:
    checked = Checked(tmp_path, saved(four_colours(), kind, exif=exif(6)))

    assert (checked.copy.size, corners(checked.copy)) == ((640, 360), "WRGB")


def test_unreadable_exif_turns_nothing(tmp_path: Path) -> None:
    broken = with_segments(saved(four_colours()), segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff"))

    assert corners(Checked(tmp_path, broken).copy) == "RGBW"


def test_copy_says_nothing_of_the_phone_the_place_and_the_person(tmp_path: Path) -> None:
    content = with_segments(
        saved(four_colours(), exif=exif(), comment=GPS, icc_profile=display_p3()),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<rdf>" + GPS + b"</rdf>"),
        segment(0xED, b"Photoshop 3.0\x008BIM" + GPS),
        segment(0xE2, b"MPF\0" + GPS),
    )
    assert content.count(GPS) == 5

    checked = Checked(tmp_path, content)

    assert GPS not in checked.content
    assert plain_size(checked.content) == (360, 640)
    assert dict(checked.copy.getexif()) == {}
    assert set(checked.copy.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert plain_size((tmp_path / "thumbnail").read_bytes()) == (360, 640)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_metadata_of_other_formats_is_left_out_too(tmp_path: Path, kind: str) -> None:
    content = saved(four_colours(), kind, exif=exif(), icc_profile=display_p3(), xmp=b"<x>" + GPS + b"</x>")
    assert GPS in content

    assert GPS not in Checked(tmp_path, content).content


P3: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 100, "subsampling": "4:4:4"},
    "PNG": {},
    "WEBP": {"lossless": True},
}


@pytest.mark.parametrize("kind", P3)
@pytest.mark.parametrize("colour", [RED, GREEN, (250, 120, 40), (128, 128, 128)])
def test_display_p3_becomes_srgb(tmp_path: Path, kind: str, colour: tuple[int, int, int]) -> None:
    options = P3[kind] | {"icc_profile": display_p3()}
    checked = Checked(tmp_path, saved(Image.new("RGB", (64, 64), colour), kind, **options))

    assert pixel(checked.copy, (30, 30)) == pytest.approx(as_srgb(colour), abs=3)
    assert pixel(checked.thumbnail, (30, 30)) == pytest.approx(as_srgb(colour), abs=4)


@pytest.mark.parametrize("properties", [(FULL_RANGE_601, profile(display_p3())), (DISPLAY_P3,)], ids=["icc", "nclx"])
def test_display_p3_of_a_heic_becomes_srgb(tmp_path: Path, properties: tuple[bytes, ...]) -> None:
    checked = Checked(tmp_path, heic(Image.new("RGB", (128, 128), (200, 90, 60)), *properties))

    assert pixel(checked.copy, (60, 60)) == pytest.approx(as_srgb((200, 90, 60)), abs=5)


def test_broken_profile_counts_as_none(tmp_path: Path) -> None:
    content = saved(Image.new("RGB", (64, 64), RED), "PNG", icc_profile=b"no profile" * 20)

    assert pixel(Checked(tmp_path, content).copy, (30, 30)) == pytest.approx(RED, abs=3)


def translucent(mode: str) -> Image.Image:
    """Half red, half nothing with black beneath it."""
    image = Image.new("RGBA", (64, 64), (*RED, 255))
    image.paste((0, 0, 0, 0), (32, 0, 64, 64))
    return image.convert(mode)


def heic_with_alpha() -> bytes:
    file = Heic()
    image, alpha = Image.new("RGB", (128, 128), RED), Image.new("L", (128, 128), 255)
    alpha.paste(0, (64, 0, 128, 128))
    file.add_alpha(alpha, file.add(image, FULL_RANGE_601))
    return file.content()


def with_transparent_colour() -> bytes:
    row = bytes(RED) * 32 + bytes(32 * 3)
    return png((64, 64), depth=8, colour=2, rows=repeat(row, 64), extra=png_chunk(b"tRNS", bytes(6)))


TRANSPARENT: dict[str, Callable[[], bytes]] = {
    "png": lambda: saved(translucent("RGBA"), "PNG"),
    "png with a palette": lambda: saved(translucent("RGBA").quantize(8), "PNG"),
    "png with a transparent colour": with_transparent_colour,
    "grey png": lambda: saved(translucent("LA"), "PNG"),
    "webp": lambda: saved(translucent("RGBA"), "WEBP", lossless=True, exact=True),
    "heic": heic_with_alpha,
}


@pytest.mark.parametrize("name", TRANSPARENT)
def test_what_is_transparent_becomes_white(tmp_path: Path, name: str) -> None:
    copy = Checked(tmp_path, TRANSPARENT[name]()).copy

    left = (81, 81, 81) if name == "grey png" else RED
    assert pixel(copy, (copy.width // 4, 30)) == pytest.approx(left, abs=6)
    assert pixel(copy, (copy.width * 3 // 4, 30)) == pytest.approx((255, 255, 255), abs=6)


def half_transparent() -> bytes:
    image = Image.new("RGBA", (2400, 2400), (0, 0, 0, 0))
    image.paste((*BLUE, 128), (0, 0, 2400, 1200))
    return saved(image, "PNG", compress_level=1)


def test_alpha_is_mixed_with_white_before_the_photo_is_scaled(tmp_path: Path) -> None:
    copy = Checked(tmp_path, half_transparent()).copy

    mixed = tuple(round(value * 128 / 255 + 127) for value in BLUE)
    assert copy.size == (1080, 1080)
    assert pixel(copy, (540, 200)) == pytest.approx(mixed, abs=3)
    assert pixel(copy, (540, 900)) == (255, 255, 255)


def sixteen_bits(colour: int, *values: int) -> bytes:
    row = struct.pack(f">{len(values)}H", *values) * 64
    return png((64, 64), depth=16, colour=colour, rows=repeat(row, 64))


DEPTHS: dict[str, tuple[bytes, tuple[int, int, int]]] = {
    "inks": (saved(Image.new("CMYK", (64, 64), (0, 200, 200, 0)), quality=95), (255, 55, 55)),
    "grey": (saved(Image.new("L", (64, 64), 77)), (77, 77, 77)),
    "black and white": (saved(Image.new("1", (64, 64), 1), "PNG"), (255, 255, 255)),
    "palette": (saved(Image.new("RGB", (64, 64), GREEN).quantize(4), "PNG"), GREEN),
    "16 bits": (sixteen_bits(2, 0xC8FF, 0x1E00, 0x1E80), RED),
    "16 bits of grey": (sixteen_bits(0, 0x80FF), (128, 128, 128)),
    "16 bits with alpha": (sixteen_bits(6, 0xC8FF, 0x1E00, 0x1E80, 0xFFFF), RED),
}


@pytest.mark.parametrize("name", DEPTHS)
def test_any_kind_of_pixels_becomes_rgb_of_8_bits(tmp_path: Path, name: str) -> None:
    content, colour = DEPTHS[name]

    assert pixel(Checked(tmp_path, content).copy, (30, 30)) == pytest.approx(colour, abs=4)


def test_jpeg_that_fits_already_is_copied_as_it_is(tmp_path: Path) -> None:
    content = saved(four_colours(1080, 1350), quality=71)

    assert Checked(tmp_path, content).content == content


@pytest.mark.parametrize("name", ["too large", "with a profile", "with a tail", "grey"])
def test_jpeg_that_does_not_fit_is_encoded_again(tmp_path: Path, name: str) -> None:
    content = {
        "too large": saved(four_colours(1081, 1350)),
        "with a profile": saved(four_colours(), icc_profile=display_p3()),
        "with a tail": saved(four_colours()) + b"PK\3\4 a ZIP or a phone's film",
        "grey": saved(four_colours().convert("L")),
    }[name]
    checked = Checked(tmp_path, content)

    assert checked.content != content
    assert min(checked.copy.size) <= 1080


@pytest.mark.parametrize(
    "tail", [b"PK\3\4evil.exe", b"<html><script>alert(1)</script></html>", saved(four_colours(), exif=exif())]
)
def test_copy_of_a_polyglot_is_the_picture_alone(tmp_path: Path, tail: bytes) -> None:
    hidden = with_segments(saved(four_colours()), segment(0xFE, b"<html><script>alert(1)</script></html>")) + tail
    checked = Checked(tmp_path, hidden)

    assert corners(checked.copy) == "RGBW"
    assert plain_size(checked.content) == (360, 640)
    assert tail not in checked.content
    assert b"<script>" not in checked.content


def test_first_picture_of_a_phones_mpo_counts(tmp_path: Path) -> None:
    content = saved(four_colours(), "MPO", save_all=True, append_images=[Image.new("RGB", (180, 320), BLUE)])
    assert b"MPF\0" in content

    checked = Checked(tmp_path, content)

    assert (checked.facts.codec, corners(checked.copy)) == ("jpeg", "RGBW")


def animation(kind: str) -> bytes:
    frames = [Image.new("RGB", (64, 64), colour) for colour in (RED, GREEN, BLUE)]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


@pytest.mark.parametrize(("kind", "code"), [("WEBP", "animated"), ("PNG", "animated"), ("GIF", "gif")])
def test_animation_is_refused(tmp_path: Path, kind: str, code: str) -> None:
    assert refused(tmp_path, animation(kind)) == code


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "AVIF", "ICO", "JPEG2000"])
def test_other_format_is_refused_by_its_name(tmp_path: Path, kind: str) -> None:
    codes = {"BMP": "bmp", "TIFF": "tiff", "AVIF": "avif", "ICO": "image", "JPEG2000": "image"}

    assert refused(tmp_path, saved(four_colours(64, 64), kind)) == codes[kind]


def noise() -> Image.Image:
    return Image.effect_noise((360, 640), 60).convert("RGB")


WHOLE: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: saved(noise()),
    "progressive": lambda: saved(noise(), progressive=True),
    "png": lambda: saved(noise(), "PNG"),
    "webp": lambda: saved(noise(), "WEBP"),
    "heic": lambda: heic(noise()),
}


@pytest.mark.parametrize("share", [0.3, 0.9])
@pytest.mark.parametrize("name", WHOLE)
def test_photo_that_was_cut_off_is_refused(tmp_path: Path, name: str, share: float) -> None:
    content = WHOLE[name]()

    assert refused(tmp_path, content[: int(len(content) * share)]) == "incomplete"


def zeroed_end(content: bytes, share: float) -> bytes:
    kept = int(len(content) * share)
    return content[: max(kept, 700)] + bytes(len(content) - max(kept, 700))


BROKEN: dict[str, Callable[[], bytes]] = {
    "a JPEG's first bytes": lambda: b"\xff\xd8\xff\xe0",
    "a PNG of another size": lambda: png((64, 64), depth=8, colour=2, rows=[bytes(30)]),
    "a WebP without a picture": lambda: b"RIFF\x10\0\0\0WEBPVP8 " + bytes(20),
    "a WebP's first bytes": lambda: b"RIFF\x10\0\0\0WEBP",
    "a HEIC whose picture was not downloaded": lambda: zeroed_end(heic(noise()), 0.1),
    "a HEIC of which a part was not downloaded": lambda: zeroed_end(heic(noise()), 0.8),
    "a HEIC without its decoder's settings": lambda: heic(four_colours()).replace(b"hvcC", b"skip"),
    "a HEIC without sides": lambda: heic(four_colours()).replace(b"ispe", b"skip"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_photo_is_refused(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path, BROKEN[name]()) == "incomplete"


def test_heif_of_another_codec_is_refused_by_its_name(tmp_path: Path) -> None:
    file = Heic()
    file.add(four_colours(64, 64), kind=b"av01")

    assert refused(tmp_path, file.content()) == "avif"


def patched(content: bytes, old: bytes, new: bytes) -> bytes:
    assert content.count(old) == 1
    return content.replace(old, new)


def huge_progressive() -> bytes:
    content = saved(four_colours(64, 64), progressive=True)
    frame = b"\xff\xc2\0\x11\x08"
    return patched(content, frame + struct.pack(">HH", 64, 64), frame + struct.pack(">HH", 60_000, 60_000))


BOMBS: dict[str, Callable[[], bytes]] = {
    "png": lambda: png((60_000, 60_000), depth=8, colour=2, rows=[bytes(1000)]),
    "progressive": huge_progressive,
    "webp": lambda: b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff\xff\0" * 2 + bytes(20),
    "heic": lambda: patched(heic(four_colours()), struct.pack(">II", 360, 640), struct.pack(">II", 60_000, 60_000)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_more_pixels_than_fit_into_memory_are_refused_undecoded(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path, BOMBS[name]()) == "too_many_pixels"
    assert peak_of_probe_kb(tmp_path / "upload") < CHILD_MOST_KB


@pytest.mark.parametrize("kind", [b"iCCP", b"zTXt"])
def test_metadata_that_unpacks_to_gigabytes_is_refused_within_its_memory(tmp_path: Path, kind: bytes) -> None:
    bomb = png_chunk(kind, b"name\0\0" + zlib.compress(bytes(1 << 28), 9))
    content = png((64, 64), depth=8, colour=2, rows=repeat(bytes(192), 64), extra=bomb)

    assert refused(tmp_path, content) == "incomplete"
    assert peak_of_probe_kb(tmp_path / "upload") < CHILD_MOST_KB


def huge_jpeg(**options: Any) -> bytes:
    image = Image.new("L", (12_000, 9_000), 255)
    image.paste(0, (0, 0, 6_000, 9_000))
    return saved(image, quality=50, **options)


def huge_png() -> bytes:
    row = bytes((*RED, 255)) * 6_000 + bytes(4 * 6_000)
    return png((12_000, 9_000), depth=8, colour=6, rows=repeat(row, 9_000))


@pytest.mark.parametrize(("name", "left"), [("jpeg", (0, 0, 0)), ("progressive", (0, 0, 0)), ("png with alpha", RED)])
def test_photo_of_12000_by_9000_pixels_fits_after_its_check(
    tmp_path: Path, name: str, left: tuple[int, int, int]
) -> None:
    content = huge_png() if name.startswith("png") else huge_jpeg(progressive=name == "progressive")
    checked = Checked(tmp_path, content)

    assert (checked.facts.width, checked.facts.height) == (12_000, 9_000)
    assert (checked.copy.size, checked.thumbnail.size) == ((1440, 1080), (640, 480))
    assert pixel(checked.copy, (700, 540)) == pytest.approx(left, abs=3)
    assert pixel(checked.copy, (740, 540)) == pytest.approx((255, 255, 255), abs=3)
    assert peak_of_probe_kb(tmp_path / "upload") < CHILD_MOST_KB


def test_panorama_keeps_its_shape(tmp_path: Path) -> None:
    checked = Checked(tmp_path, saved(Image.new("L", (16_000, 3_600), 90), quality=50))

    assert (checked.facts.width, checked.copy.size) == (16_000, (4096, 922))


@pytest.mark.parametrize("name", ["none", "a web page", "with EXIF", "too large", "too many bytes"])
def test_copy_of_a_child_that_was_taken_over_is_not_believed(tmp_path: Path, name: str) -> None:
    copies = {
        "a web page": b"<html>",
        "with EXIF": saved(four_colours(), exif=exif()),
        "too large": saved(four_colours(1200, 1200)),
        "too many bytes": saved(four_colours()) + bytes(20_000_000),
    }
    if name in copies:
        (tmp_path / "copy").write_bytes(copies[name])

    with pytest.raises(ContentRefused, match="unreadable"):
        probe.read_copy(tmp_path / "copy", lambda: None)


def test_picture_is_as_it_was_but_for_coding(tmp_path: Path) -> None:
    """Compare every pixel of a smooth picture with the copy's."""
    gradient = Image.merge(
        "RGB", [Image.linear_gradient("L"), Image.radial_gradient("L"), Image.new("L", (256, 256), 90)]
    )
    copy = Checked(tmp_path, saved(gradient, "PNG")).copy

    differences = [abs(a - b) for a, b in zip(gradient.tobytes(), copy.tobytes(), strict=True)]
    assert (max(differences) <= 8, sum(differences) / len(differences) < 1.5) == (True, True)


def test_white_paper_of_hdr_stays_white(tmp_path: Path) -> None:
    pq_white = round(255 * 0.5806)  # 203 nits, ITU-R BT.2408
    paper = Image.new("RGB", (128, 128), (pq_white, pq_white, pq_white))
    hdr = b"\0\0\0\x13colrnclx" + struct.pack(">HHHB", 9, 16, 6, 0x80)

    assert pixel(Checked(tmp_path, heic(paper, hdr)).copy, (60, 60)) == pytest.approx((255, 255, 255), abs=25)


def test_video_named_as_a_photo_is_a_video(tmp_path: Path, clip: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(clip.read_bytes())

    facts = probe.probe(path, tmp_path / "thumbnail", tmp_path / "copy", lambda: None)

    assert (facts.kind, facts.content_type) == (MediaKind.VIDEO, "video/mp4")
    assert not (tmp_path / "copy").exists()


def test_photos_lie_about_nothing_that_pillow_would_open(tmp_path: Path) -> None:
    """A JPEG that Pillow takes for an MPO, a PNG or a GIF is read by the reader of its first bytes alone."""
    disguised = b"\xff\xd8\xff" + saved(four_colours(), "PNG")
    with pytest.raises(OSError):  # nothing opens it
        Image.open(io.BytesIO(disguised))

    assert refused(tmp_path, disguised) == "incomplete"
