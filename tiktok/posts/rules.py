"""Rules of publishing: one validator for pages and API, without side effects."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.text import with_line_feeds
from core.web.refusals import FieldError, InvalidInput
from tiktok.api.limits import VIDEO_TITLE_MAX_UTF16
from tiktok.api.text import utf16_length
from tiktok.api.types import CreatorInfo, PrivacyLevel
from tiktok.media.facts import split_over
from tiktok.media.refusals import refusal_text
from tiktok.models import Media, Post

# TikTok takes branded content for the public or friends; followers only, by inference (docs/tiktok.md, section 11).
NOT_FOR_BRANDED: Final = frozenset({PrivacyLevel.SELF_ONLY.value, PrivacyLevel.FOLLOWER_OF_CREATOR.value})
COVER_MAX_MS: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class PostOptions:
    """A person's choices for one post. TikTok requires an audience without a default, and interactions off."""

    caption: str = ""
    privacy_level: str = ""
    allow_comment: bool = False
    allow_duet: bool = False
    allow_stitch: bool = False
    brand_organic: bool = False
    brand_content: bool = False
    is_aigc: bool = False
    cover_timestamp_ms: int | None = None

    def as_columns(self) -> dict[str, Any]:
        """The columns of a Post, by the same names."""
        return asdict(self)


OPTION_FIELDS: Final = tuple(PostOptions.__dataclass_fields__)


def options_of(post: Post) -> PostOptions:
    """Return the options in the post's columns."""
    return PostOptions(**{name: getattr(post, name) for name in OPTION_FIELDS})


class OptionsRefused(InvalidInput):
    """The options have errors."""


@dataclass(frozen=True, slots=True)
class _Case:
    options: PostOptions
    media: Media | None
    creator: CreatorInfo | None
    app_audited: bool | None


def check_options(
    options: PostOptions,
    *,
    media: Media | None,
    creator: CreatorInfo | None,
    app_audited: bool | None,
    draft: bool = False,
) -> list[FieldError]:
    """Return everything that prevents publishing.

    ``creator`` None: TikTok's offer is not known, so nothing is compared with it. ``app_audited`` None: not known.
    ``draft``: report only what is wrong, not what is missing.
    """
    case = _Case(options, media, creator, app_audited)
    problems = [problem for check in _CHECKS for problem in check(case)]
    return problems if draft else [*_missing(case), *problems]


def _missing(case: _Case) -> Iterator[FieldError]:
    if case.media is None:
        yield FieldError("media", "media_missing", _("Choose a video."))
    elif case.media.is_checking:
        text = _("Clipdesk is still checking this video. Try again in a moment.")
        yield FieldError("media", "media_checking", text)
    if not case.options.privacy_level:
        yield FieldError("privacy_level", "privacy_missing", _("Choose an audience."))


def _caption(case: _Case) -> Iterator[FieldError]:
    caption = case.options.caption
    over = utf16_length(with_line_feeds(caption)) - VIDEO_TITLE_MAX_UTF16
    if over > 0:
        text = ngettext(
            "The caption is %(over)d character too long; %(limit)d are allowed.",
            "The caption is %(over)d characters too long; %(limit)d are allowed.",
            over,
        )
        limits = {"over": over, "limit": VIDEO_TITLE_MAX_UTF16}
        yield FieldError("caption", "caption_too_long", text % limits, {"maximum": VIDEO_TITLE_MAX_UTF16, "over": over})
    if "\0" in caption or any("\ud800" <= char <= "\udfff" for char in caption):
        yield FieldError("caption", "caption_unreadable", _("The caption contains a character that cannot be stored."))


def _privacy(case: _Case) -> Iterator[FieldError]:
    level = case.options.privacy_level
    if not level:
        return
    offered = case.creator.privacy_level_options if case.creator else tuple(PrivacyLevel)
    if level not in offered:
        text = _("TikTok does not offer this audience for the account. Choose another one.")
        yield FieldError("privacy_level", "privacy_not_offered", text, {"choices": list(map(str, offered))})
    elif case.app_audited is False and level != PrivacyLevel.SELF_ONLY:
        text = _("TikTok has not audited the TikTok app yet. Choose “Only me”.")
        yield FieldError("privacy_level", "app_not_audited", text, {"choices": [PrivacyLevel.SELF_ONLY.value]})


def _interactions(case: _Case) -> Iterator[FieldError]:
    if case.creator is None:
        return
    switched_off = {
        "allow_comment": (case.creator.comment_disabled, _("The account has turned off comments in TikTok.")),
        "allow_duet": (case.creator.duet_disabled, _("The account has turned off duets in TikTok.")),
        "allow_stitch": (case.creator.stitch_disabled, _("The account has turned off stitches in TikTok.")),
    }
    for field, (is_disabled, text) in switched_off.items():
        if is_disabled and getattr(case.options, field):
            yield FieldError(field, "interaction_disabled", text)


def _branded(case: _Case) -> Iterator[FieldError]:
    if case.options.brand_content and case.options.privacy_level in NOT_FOR_BRANDED:
        if case.options.privacy_level == PrivacyLevel.SELF_ONLY:
            text = _("Branded content visibility cannot be set to private.")
        else:
            text = _("Branded content must be visible to everyone or to friends.")
        yield FieldError("brand_content", "branded_content_private", text)


def _media(case: _Case) -> Iterator[FieldError]:
    if case.media is None:
        return
    if case.media.deleted_at is not None:
        yield FieldError("media", "media_deleted", _("This file has been deleted. Choose another one."))
    if case.media.is_photo:
        yield FieldError("media", "not_video", _("This is a photo. Choose a video for this post."))
    if case.media.is_refused:
        yield FieldError("media", "media_refused", refusal_text(case.media.refusal_code, case.media.original_name))
    for problem in case.media.problems:
        yield FieldError("media", problem["code"], problem["message"])


def _duration(case: _Case) -> Iterator[FieldError]:
    if case.media is None or case.media.duration_ms is None or case.creator is None:
        return
    limit_s = case.creator.max_video_post_duration_s
    if case.media.duration_ms > limit_s * 1000:
        text = _("The video is %(length)s long. This account can post up to %(limit)s. Choose a shorter video.")
        lengths = {
            "length": _clock(*split_over(case.media.duration_ms, limit_s)),
            "limit": _clock(*divmod(limit_s, 60)),
        }
        yield FieldError("media", "video_too_long", text % lengths, {"maximum": limit_s * 1000})


def _clock(minutes: int, seconds: float) -> str:
    """ "3:00", or "3:00.03" where the fraction matters."""
    return f"{minutes}:{seconds:06.3f}".rstrip("0").rstrip(".")


def _cover(case: _Case) -> Iterator[FieldError]:
    cover = case.options.cover_timestamp_ms
    if cover is None:
        return
    length = case.media.duration_ms if case.media and case.media.duration_ms is not None else COVER_MAX_MS
    if not 0 <= cover <= length:
        text = _("Choose a cover time within the video.")
        yield FieldError("cover_timestamp_ms", "cover_outside_video", text, {"minimum": 0, "maximum": length})


_CHECKS: Final[tuple[Callable[[_Case], Iterator[FieldError]], ...]] = (
    _caption,
    _privacy,
    _interactions,
    _branded,
    _media,
    _duration,
    _cover,
)
