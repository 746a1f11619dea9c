"""Options that TikTok takes with a post, by kind of media and mode, and the limits of its texts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from core.text import with_line_feeds
from tiktok.api.limits import PHOTO_DESCRIPTION_MAX_UTF16, PHOTO_TITLE_MAX_UTF16, VIDEO_TITLE_MAX_UTF16
from tiktok.api.text import utf16_length
from tiktok.models import Media, MediaType, PostMode

_OF_BOTH: Final = frozenset(
    {"caption", "privacy_level", "allow_comment", "brand_organic", "brand_content", "is_aigc"}
)  # fmt: skip
# Options beside the mode; a video draft takes none: all of them are chosen in TikTok's app.
TAKEN: Final[Mapping[tuple[MediaType, PostMode], frozenset[str]]] = MappingProxyType(
    {
        (MediaType.VIDEO, PostMode.DIRECT_POST): _OF_BOTH | {"allow_duet", "allow_stitch", "cover_timestamp_ms"},
        (MediaType.VIDEO, PostMode.MEDIA_UPLOAD): frozenset(),
        (MediaType.PHOTO, PostMode.DIRECT_POST): _OF_BOTH | {"title", "photo_cover_index", "auto_add_music"},
        (MediaType.PHOTO, PostMode.MEDIA_UPLOAD): frozenset({"title", "caption", "photo_cover_index"}),
    }
)
TEXT_LIMITS: Final[Mapping[tuple[str, MediaType], int]] = MappingProxyType(
    {
        ("caption", MediaType.VIDEO): VIDEO_TITLE_MAX_UTF16,
        ("caption", MediaType.PHOTO): PHOTO_DESCRIPTION_MAX_UTF16,
        ("title", MediaType.PHOTO): PHOTO_TITLE_MAX_UTF16,
    }
)


@dataclass(frozen=True, slots=True)
class TextRoom:
    """How long a text is and may be, in UTF-16 units as TikTok counts them; a line break counts as one."""

    used: int
    maximum: int

    @property
    def left(self) -> int:
        """Return the remaining units; negative if the text is too long."""
        return self.maximum - self.used


def media_type_of(files: Sequence[Media]) -> MediaType | None:
    """Return what a post of these files is: photos if there is one among them; None without files."""
    if not files:
        return None
    return MediaType.PHOTO if any(media.is_photo for media in files) else MediaType.VIDEO


def takes(option: str, media_type: MediaType | None, mode: str) -> bool:
    """Return whether TikTok takes an option; without a media type, whether it does with videos or with photos."""
    types: Iterable[MediaType] = MediaType if media_type is None else [media_type]
    return any(option in TAKEN[each, PostMode(mode)] for each in types)


def options_taken(media_type: MediaType, mode: str) -> frozenset[str]:
    """Return the names of the options that TikTok takes."""
    return TAKEN[media_type, PostMode(mode)]


def text_limit(option: str, media_type: MediaType | None) -> int:
    """Return the most UTF-16 units of the caption or title; without a media type the larger number."""
    limits = [most for (name, each), most in TEXT_LIMITS.items() if name == option and media_type in (None, each)]
    return max(limits, default=0)


def room_for(option: str, text: str, media_type: MediaType | None) -> TextRoom:
    """Return how much room a caption or title has left."""
    return TextRoom(utf16_length(with_line_feeds(text)), text_limit(option, media_type))
