"""The probe's answer, trusted only after its types and ranges are checked, and the limits of TikTok that it breaks."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypedDict

from django.utils.translation import gettext as _

from tiktok.api import limits
from tiktok.models import MediaKind

DURATION_MAX_S: Final = 600  # the longest any creator may post: docs/tiktok.md, section 10
FPS_TOLERANCE: Final = 0.05  # 59.94 and 60.003 are both "60"
SIDE_SANE_PX: Final = 1_000_000
DURATION_SANE_S: Final = 30 * 24 * 3600
CODECS: Final = {"h264": "H.264", "hevc": "H.265", "vp8": "VP8", "vp9": "VP9"}
CODEC_NAMES: Final = CODECS | {
    "av1": "AV1",
    "dnxhd": "DNxHD",
    "h263": "H.263",
    "mjpeg": "Motion JPEG",
    "mpeg1video": "MPEG-1",
    "mpeg2video": "MPEG-2",
    "mpeg4": "MPEG-4",
    "prores": "ProRes",
    "theora": "Theora",
    "vvc": "H.266",
    "heic": "HEIC",
    "jpeg": "JPEG",
    "png": "PNG",
    "webp": "WebP",
}
PHOTO_CONTENT_TYPES: Final = {
    "heic": "image/heic",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
}
MP4_BRANDS: Final = frozenset({"isom", "mp41", "mp42", "avc1", *(f"iso{number}" for number in range(2, 10))})
UNSUITED_BRANDS: Final = ("3g", "mj2", "M4A", "M4B", "M4P")
BRANDS_AT_MOST: Final = 40
QUICKTIME: Final = "qt  "


class Problem(TypedDict):
    """One limit that the file breaks; ``fixable`` says whether converting the same video can help."""

    code: str
    message: str
    fixable: bool


class Unbelievable(ValueError):
    """The probe's answer has the wrong shape."""


@dataclass(frozen=True, slots=True)
class Facts:
    """A video or photo as it is shown: ``width`` and ``height`` are after rotation, None if the codec is unknown.

    ``duration_ms`` is that of picture and sound together: to the end of the longer one. ``fps`` is the average rate
    from the first frame to the last. A photo has neither; its ``codec`` is its format.
    """

    content_type: str
    codec: str
    width: int | None
    height: int | None
    fps: float | None
    duration_ms: int | None
    has_audio: bool
    is_decodable: bool | None
    kind: MediaKind = MediaKind.VIDEO


def read_facts(answer: dict[str, Any]) -> Facts:
    """Check the child's answer. Raises Unbelievable."""
    family = _text(answer, "family")
    return _photo_facts(answer, family) if family in PHOTO_CONTENT_TYPES else _video_facts(answer, family)


def _photo_facts(answer: dict[str, Any], family: str) -> Facts:
    """Return the facts of a photo, which the child has turned upright."""
    width, height = (_integer(answer, name, 1, SIDE_SANE_PX) for name in ("width", "height"))
    return Facts(PHOTO_CONTENT_TYPES[family], family, width, height, None, None, False, True, MediaKind.PHOTO)


def _video_facts(answer: dict[str, Any], family: str) -> Facts:
    width, height = (_side(answer, name) for name in ("width", "height"))
    if _integer(answer, "rotation", 0, 359) in {90, 270}:
        width, height = height, width
    duration_s, rate = _number(answer, "duration_s", DURATION_SANE_S), _number(answer, "fps", 1000)
    decodable = answer.get("is_decodable")
    return Facts(
        content_type=_content_type(family, _brands(answer)),
        codec=_text(answer, "codec"),
        width=width,
        height=height,
        fps=round(rate, 3) if rate else None,
        duration_ms=round(duration_s * 1000) if duration_s else None,
        has_audio=bool(_text(answer, "audio")),
        is_decodable=decodable if isinstance(decodable, bool) else None,
    )


def _side(answer: dict[str, Any], name: str) -> int | None:
    return None if answer.get(name, 0) is None else _integer(answer, name, 1, SIDE_SANE_PX)


def _brands(answer: dict[str, Any]) -> list[str]:
    """Return the file's own names, the most important first."""
    values = answer.get("brands")
    if not isinstance(values, list) or not 1 <= len(values) <= BRANDS_AT_MOST:
        raise Unbelievable("brands")
    return [value for value in values if isinstance(value, str)] or [""]


def _text(answer: dict[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or len(value) > 40 or not value.isprintable():
        raise Unbelievable(name)
    return value


def _integer(answer: dict[str, Any], name: str, least: int, most: int) -> int:
    value = answer.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Unbelievable(name)
    return value


def _number(answer: dict[str, Any], name: str, most: float) -> float | None:
    """Return a positive number, or None if the file states none or a nonsensical one."""
    value = answer.get(name)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Unbelievable(name)
    return float(value) if math.isfinite(value) and 0 < value <= most else None


def _content_type(family: str, brands: list[str]) -> str:
    """Return the type: MP4 if one of its brands says so, even a compatible one (ISO 14496-12, 4.3)."""
    major = brands[0]
    if family == "matroska":
        return "video/webm" if major == "webm" else "video/x-matroska"
    if major.startswith(UNSUITED_BRANDS) and MP4_BRANDS.isdisjoint(brands):
        return "video/3gpp" if major.startswith("3g") else "application/octet-stream"
    return "video/quicktime" if major == QUICKTIME else "video/mp4"


def problems_of(facts: Facts) -> list[Problem]:
    """Return every limit of TikTok that the video breaks, in plain words with what to do.

    A photo breaks none: its TikTok copy fits, or it was refused.
    """
    if facts.kind == MediaKind.PHOTO:
        return []
    checks = (_container, _codec, _picture, _sides, _rate, _duration)
    return [problem for check in checks for problem in check(facts)]


def _container(facts: Facts) -> Iterator[Problem]:
    if facts.content_type not in limits.VIDEO_CONTENT_TYPES:
        known = {"video/x-matroska": "Matroska (MKV)", "video/3gpp": "3GP"}.get(facts.content_type)
        text = _("TikTok accepts MP4, MOV and WebM files, and this one is %(found)s. Export it again as MP4.")
        message = text % {"found": known} if known else _("TikTok accepts MP4, MOV and WebM files. Export it as MP4.")
        yield Problem(code="container", message=message, fixable=True)


def _codec(facts: Facts) -> Iterator[Problem]:
    if facts.codec not in CODECS:
        text = _(
            "TikTok accepts H.264, H.265, VP8 and VP9; this video’s codec is %(codec)s. Export it again with H.264."
        )
        yield Problem(code="codec", message=text % {"codec": codec_name(facts.codec)}, fixable=True)


def codec_name(codec: str) -> str:
    """Return H.264 instead of h264."""
    return CODEC_NAMES.get(codec) or (_("unknown") if codec == "unknown" else codec)


def _picture(facts: Facts) -> Iterator[Problem]:
    if facts.is_decodable is False and facts.codec in CODECS:
        text = _(
            "Its picture can’t be read, so TikTok would refuse it too. Export the video again and upload the new file."
        )
        yield Problem(code="undecodable", message=text, fixable=False)


def _sides(facts: Facts) -> Iterator[Problem]:
    if facts.width is None or facts.height is None:
        return
    low, high = limits.VIDEO_SIDE_MIN_PX, limits.VIDEO_SIDE_MAX_PX
    values = {"width": facts.width, "height": facts.height, "low": low, "high": f"{high:,}"}
    if min(facts.width, facts.height) < low:
        text = _("It is %(width)s × %(height)s px; TikTok needs at least %(low)s px on each side. Export it larger.")
        yield Problem(code="too_small", message=text % values, fixable=True)
    if max(facts.width, facts.height) > high:
        text = _("It is %(width)s × %(height)s px; TikTok accepts at most %(high)s px on each side. Export it smaller.")
        yield Problem(code="too_big", message=text % values, fixable=True)


def _rate(facts: Facts) -> Iterator[Problem]:
    low, high = limits.VIDEO_FPS_MIN, limits.VIDEO_FPS_MAX
    if facts.fps is None:
        text = _("Its frame rate can’t be read; TikTok accepts %(low)s–%(high)s fps. Export it again at 30 fps.")
        yield Problem(code="frame_rate", message=text % {"low": low, "high": high}, fixable=True)
    elif not low - FPS_TOLERANCE <= facts.fps <= high + FPS_TOLERANCE:
        text = _("Its frame rate is %(fps)s fps; TikTok accepts %(low)s–%(high)s. Export it again at 30 fps.")
        values = {"fps": f"{facts.fps:g}", "low": low, "high": high}
        yield Problem(code="frame_rate", message=text % values, fixable=True)


def _duration(facts: Facts) -> Iterator[Problem]:
    if facts.duration_ms is None:
        text = _("Its length can’t be read. Export the video again and upload the new file.")
        yield Problem(code="duration_unknown", message=text, fixable=True)
    elif facts.duration_ms > DURATION_MAX_S * 1000:
        minutes, seconds = split_over(facts.duration_ms, DURATION_MAX_S)
        text = _(
            "It is %(minutes)d min %(seconds)s s long; TikTok accepts at most 10 minutes. Shorten it and upload it"
            " again."
        )
        values = {"minutes": minutes, "seconds": f"{seconds:g}"}
        yield Problem(code="too_long", message=text % values, fixable=False)


def split_over(duration_ms: int, limit_s: int) -> tuple[int, float]:
    """Return minutes and seconds of a length over a limit: whole seconds, or exact if these hide the difference."""
    is_close = duration_ms - limit_s * 1000 < 1000
    minutes, rest_ms = divmod(duration_ms if is_close else round(duration_ms / 1000) * 1000, 60_000)
    return minutes, rest_ms / 1000
