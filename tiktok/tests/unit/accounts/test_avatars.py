"""Pictures from outside are encoded again, small and without metadata."""

import io

import pytest
from PIL import Image

from tiktok.accounts.avatars import NotAPicture, encode


def picture(width: int, height: int, kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_becomes_a_small_webp(kind: str) -> None:
    with Image.open(io.BytesIO(encode(picture(1600, 800, kind)))) as found:
        assert (found.format, found.size) == ("WEBP", (512, 256))


def test_metadata_is_left_behind() -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"

    assert b"taken at home" not in encode(picture(10, 10, exif=exif))


@pytest.mark.parametrize(
    "content",
    [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a" + bytes(50), picture(64, 64)[:200],
     picture(64, 64, "PNG")[:60], picture(6000, 5000, "PNG")],
)  # fmt: skip
def test_what_is_no_usable_picture_is_refused(content: bytes) -> None:
    with pytest.raises(NotAPicture):
        encode(content)
