"""The picture of a video: upright, mirrored as its matrix says, in the colours of ordinary screens."""

import math
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import pytest
from PIL import Image

from tiktok.media import probe
from tiktok.tests.recordings import Look, picture, steady, with_matrix, write

RED, GREEN, BLUE, WHITE = (200, 30, 30), (30, 160, 30), (30, 30, 200), (230, 230, 230)
SIDES: Final = (360, 640)


def corners(path: Path) -> str:
    """The colours of the four corners from the top left, clockwise."""
    names = {RED: "R", GREEN: "G", BLUE: "B", WHITE: "W"}
    thumbnail = path.with_suffix(".thumbnail")
    probe.probe(path, thumbnail, path.with_suffix(".copy"), lambda: None)
    with Image.open(thumbnail) as image:
        right, bottom = image.width - 20, image.height - 20
        seen = [image.getpixel(at) for at in ((20, 20), (right, 20), (right, bottom), (20, bottom))]
    return "".join(names[min(names, key=lambda name: math.dist(name, colour))] for colour in seen)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def four_colours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Red, green / white, blue: each quarter of the picture has its colour."""
    path = tmp_path_factory.mktemp("colours") / "four.mp4"
    image = Image.new("RGB", SIDES)
    for colour, corner in ((RED, (0, 0)), (GREEN, (180, 0)), (BLUE, (180, 320)), (WHITE, (0, 320))):
        image.paste(colour, (*corner, corner[0] + 180, corner[1] + 320))
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = *SIDES, "yuv420p"
        for _ in range(30):
            out.mux(stream.encode(av.VideoFrame.from_image(image)))  # type: ignore[no-untyped-call]
        out.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("matrix", "shown"),
    [
        ((1, 0, 0, 1), "RGBW"),
        ((0, 1, -1, 0), "WRGB"),
        ((-1, 0, 0, -1), "BWRG"),
        ((0, -1, 1, 0), "GBWR"),
        ((-1, 0, 0, 1), "GRWB"),
        ((1, 0, 0, -1), "WBGR"),
        ((0, 1, 1, 0), "RWBG"),
        ((0, -1, -1, 0), "BGRW"),
    ],
)
def test_picture_is_turned_and_mirrored_as_its_matrix_says(
    tmp_path: Path, four_colours: Path, matrix: tuple[int, int, int, int], shown: str
) -> None:
    path = tmp_path / "turned.mp4"
    path.write_bytes(with_matrix(*matrix)(four_colours.read_bytes()))

    assert corners(path) == shown


def as_hlg(light: float) -> float:
    """Signal of ARIB STD-B67; white paper is at 0.75."""
    light *= 0.265
    return math.sqrt(3 * light) if light <= 1 / 12 else 0.17883277 * math.log(12 * light - 0.28466892) + 0.55991073


def as_pq(light: float) -> float:
    """Signal of SMPTE ST 2084; white paper has 203 nits."""
    power = (203 * light / 10_000) ** 0.1593017578125
    return float(((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375)


def hdr(colour: tuple[int, int, int], transfer: int) -> Look:
    """How an HDR camera codes what is this colour on an ordinary screen."""
    light = [value / 255 / 12.92 if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in colour]
    wide = [
        sum(part * value for part, value in zip(row, light, strict=True))
        for row in ((0.6274, 0.3293, 0.0433), (0.0691, 0.9195, 0.0114), (0.0164, 0.0880, 0.8956))
    ]
    red, green, blue = (as_pq(value) if transfer == 16 else as_hlg(value) for value in wide)
    luma = 0.2627 * red + 0.6780 * green + 0.0593 * blue
    coded = (64 + 876 * luma, 512 + 896 * (blue - luma) / 1.8814, 512 + 896 * (red - luma) / 1.4746)
    first, second, third = (round(value) for value in coded)
    return Look("libx265", pixels="yuv420p10le", colours=(9, transfer, 9), values=(first, second, third))


@pytest.mark.parametrize("transfer", [16, 18])
@pytest.mark.parametrize("colour", [(189, 1, 0), (0, 160, 40), (20, 40, 200), (128, 128, 128), (200, 160, 130)])
def test_hdr_video_has_the_colours_of_an_ordinary_one(
    tmp_path: Path, colour: tuple[int, int, int], transfer: int
) -> None:
    path = tmp_path / "hdr.mp4"
    write(path, picture(steady(Fraction(30), 0.5), hdr(colour, transfer)))

    probe.probe(path, tmp_path / "thumbnail", tmp_path / "copy", lambda: None)

    with Image.open(tmp_path / "thumbnail") as image:
        assert image.getpixel((180, 320)) == pytest.approx(colour, abs=25)
