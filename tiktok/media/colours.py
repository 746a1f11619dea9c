"""Colours of other screens and of print, converted to those of ordinary screens (sRGB).

Part of the probe's child, so it imports neither Django nor settings.
"""

import math
from collections.abc import Callable
from functools import lru_cache, partial
from io import BytesIO
from typing import Final

from av.video.reformatter import ColorPrimaries, ColorTrc
from PIL import Image, ImageCms, ImageFilter

TABLE_SIDE: Final = 33
WHITE_NITS: Final = 203  # the brightness of paper in HDR, ITU-R BT.2408
HLG_WHITE: Final = 0.265  # the same in HLG: its signal 0.75
Matrix = tuple[tuple[float, float, float], ...]
BT2020_TO_BT709: Final[Matrix] = (
    (1.6605, -0.5876, -0.0728),
    (-0.1246, 1.1329, -0.0083),
    (-0.0182, -0.1006, 1.1187),
)
P3_TO_BT709: Final[Matrix] = (
    (1.2249, -0.2249, 0.0),
    (-0.0421, 1.0421, 0.0),
    (-0.0196, -0.0786, 1.0983),
)
SAME: Final[Matrix] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
WIDE: Final[dict[int, Matrix]] = {ColorPrimaries.BT2020: BT2020_TO_BT709, ColorPrimaries.SMPTE432: P3_TO_BT709}


def linear_pq(signal: float) -> float:
    """Return the light of a PQ signal (SMPTE ST 2084); 1 is white paper."""
    power = signal ** (1 / 78.84375)
    return float(
        10_000 * (max(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)) ** (1 / 0.1593017578125) / WHITE_NITS
    )


def linear_hlg(signal: float) -> float:
    """Return the light of an HLG signal (ARIB STD-B67); 1 is white paper."""
    if signal <= 0.5:
        return signal * signal / 3 / HLG_WHITE
    return (math.exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12 / HLG_WHITE


def linear_srgb(signal: float) -> float:
    """Return the light of a signal of sRGB (IEC 61966-2-1)."""
    return signal / 12.92 if signal <= 0.04045 else ((signal + 0.055) / 1.055) ** 2.4


LINEAR: Final[dict[int, Callable[[float], float]]] = {
    ColorTrc.SMPTE2084: linear_pq,
    ColorTrc.ARIB_STD_B67: linear_hlg,
}


def hdr_table(transfer: int) -> ImageFilter.Color3DLUT | None:
    """Return a table from BT.2020 in an HDR transfer function to sRGB; None for any other function."""
    to_linear = LINEAR.get(transfer)
    return colour_table(to_linear, BT2020_TO_BT709) if to_linear else None


def photo_table(primaries: int, transfer: int) -> ImageFilter.Color3DLUT | None:
    """Return a table from these colours of a photo to sRGB; None when they need none."""
    to_linear, matrix = LINEAR.get(transfer), WIDE.get(primaries)
    if to_linear is None and matrix is None:
        return None
    return colour_table(to_linear or linear_srgb, matrix or SAME)


def colour_table(to_linear: Callable[[float], float], matrix: Matrix) -> ImageFilter.Color3DLUT:
    """Return a table of light in this transfer function and matrix; brighter than white paper becomes white."""
    return ImageFilter.Color3DLUT.generate(TABLE_SIDE, partial(_to_srgb, lru_cache(to_linear), matrix))


def _to_srgb(to_linear: Callable[[float], float], matrix: Matrix, *signals: float) -> tuple[float, ...]:
    light = [to_linear(signal) for signal in signals]
    return tuple(_srgb(sum(part * value for part, value in zip(row, light, strict=True))) for row in matrix)


def _srgb(light: float) -> float:
    light = min(1.0, max(0.0, light))
    return 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055


def converted(image: Image.Image, profile: bytes) -> Image.Image:
    """Return the image in sRGB. A profile that is broken, or one of another kind of image, counts as none."""
    if profile:
        try:
            found = ImageCms.profileToProfile(
                image,
                ImageCms.ImageCmsProfile(BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
                outputMode="RGB",
                flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            found = None
        if found is not None:
            return found
    return image.convert("RGB")
