"""Rules of publishing: one validator for pages and API, without side effects."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.web.refusals import FieldError, InvalidInput
from tiktok.api.limits import PHOTOS_MAX
from tiktok.api.types import CreatorInfo, PrivacyLevel
from tiktok.media.facts import split_over
from tiktok.media.refusals import refusal_text
from tiktok.models import Media, MediaType, Post, PostMode
from tiktok.posts.way_options import TextRoom, media_type_of, room_for, takes

# TikTok takes branded content for the public or friends; followers only, by inference (docs/tiktok.md, section 11).
NOT_FOR_BRANDED: Final = frozenset({PrivacyLevel.SELF_ONLY.value, PrivacyLevel.FOLLOWER_OF_CREATOR.value})
COVER_MAX_MS: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class PostOptions:
    """A person's choices for one post. TikTok requires an audience without a default, and interactions off.

    ``mode`` is PostMode's. ``caption`` is the description of photos, which alone have a ``title``.
    ``photo_cover_index`` counts from 0. Options that TikTok does not take keep their default (``way_options.takes``).
    """

    mode: str = PostMode.DIRECT_POST.value
    title: str = ""
    caption: str = ""
    privacy_level: str = ""
    allow_comment: bool = False
    allow_duet: bool = False
    allow_stitch: bool = False
    brand_organic: bool = False
    brand_content: bool = False
    is_aigc: bool = False
    cover_timestamp_ms: int | None = None
    photo_cover_index: int = 0
    auto_add_music: bool = False

    def as_columns(self) -> dict[str, Any]:
        """The columns of a Post, by the same names."""
        return asdict(self)


OPTION_FIELDS: Final = tuple(PostOptions.__dataclass_fields__)
_UNSET: Final = PostOptions()


def options_of(post: Post) -> PostOptions:
    """Return the options in the post's columns."""
    return PostOptions(**{name: getattr(post, name) for name in OPTION_FIELDS})


class OptionsRefused(InvalidInput):
    """The options have errors."""


@dataclass(frozen=True, slots=True)
class _Case:
    options: PostOptions
    files: Sequence[Media]
    creator: CreatorInfo | None
    app_audited: bool | None
    can_pull: bool | None
    intended: MediaType | None = None

    @property
    def media_type(self) -> MediaType | None:
        return media_type_of(self.files) or self.intended

    @property
    def video(self) -> Media | None:
        return next((media for media in self.files if not media.is_photo), None)

    @property
    def is_direct(self) -> bool:
        return self.options.mode == PostMode.DIRECT_POST


def check_options(
    options: PostOptions,
    *,
    files: Sequence[Media],
    creator: CreatorInfo | None,
    app_audited: bool | None,
    can_pull: bool | None = None,
    intended: MediaType | None = None,
    draft: bool = False,
) -> list[FieldError]:
    """Return everything that prevents publishing.

    ``files``: one video, or photos in their order. ``creator`` None: TikTok's offer is not known, so nothing is
    compared with it. ``app_audited`` and ``can_pull`` are the TikTok app's; None: not known. ``draft``: report only
    what is wrong, not what is missing. ``intended``: what the post is to have, while it has no files.
    """
    case = _Case(options, files, creator, app_audited, can_pull, intended)
    problems = [problem for check in _CHECKS for problem in check(case)]
    return problems if draft else [*_missing(case), *problems]


def _missing(case: _Case) -> Iterator[FieldError]:
    if not case.files:
        yield FieldError("media", "media_missing", _("Choose a video or photos."))
    elif any(media.is_checking for media in case.files):
        text = _("Clipdesk is still checking this file. Try again in a moment.")
        yield FieldError("media", "media_checking", text)
    if case.is_direct and not case.options.privacy_level:
        yield FieldError("privacy_level", "privacy_missing", _("Choose an audience."))
    if case.media_type == MediaType.PHOTO and case.can_pull is False:
        text = _(
            "TikTok downloads photos from this server, and its address is not verified for the TikTok app. Ask your "
            "administrator to set up the URL prefix."
        )
        yield FieldError("media", "photos_need_prefix", text)


def _untaken(case: _Case) -> Iterator[FieldError]:
    """Name each option that was set although TikTok does not take it this way."""
    for name in OPTION_FIELDS:
        is_set = getattr(case.options, name) != getattr(_UNSET, name)
        if name == "mode" or not is_set or takes(name, case.media_type, case.options.mode):
            continue
        if takes(name, case.media_type, PostMode.DIRECT_POST):
            text = _("TikTok does not take this with a draft. Set it in the TikTok app when you finish the draft.")
            yield FieldError(name, "not_for_drafts", text)
        elif case.media_type == MediaType.PHOTO:
            yield FieldError(name, "not_for_photos", _("TikTok does not take this with photos. Remove it."))
        else:
            yield FieldError(name, "not_for_videos", _("TikTok does not take this with a video. Remove it."))


def _caption(case: _Case) -> Iterator[FieldError]:
    room = room_for("caption", case.options.caption, case.media_type)
    if room.left < 0:
        text = ngettext(
            "The caption is %(over)d character too long; %(limit)d are allowed.",
            "The caption is %(over)d characters too long; %(limit)d are allowed.",
            -room.left,
        )
        yield _too_long("caption", text, room)
    if _is_unreadable(case.options.caption):
        yield FieldError("caption", "caption_unreadable", _("The caption contains a character that cannot be stored."))


def _title(case: _Case) -> Iterator[FieldError]:
    room = room_for("title", case.options.title, MediaType.PHOTO)
    if room.left < 0:
        text = ngettext(
            "The title is %(over)d character too long; %(limit)d are allowed.",
            "The title is %(over)d characters too long; %(limit)d are allowed.",
            -room.left,
        )
        yield _too_long("title", text, room)
    if _is_unreadable(case.options.title):
        yield FieldError("title", "title_unreadable", _("The title contains a character that cannot be stored."))


def _too_long(field: str, text: str, room: TextRoom) -> FieldError:
    numbers = {"over": -room.left, "limit": room.maximum}
    return FieldError(field, f"{field}_too_long", text % numbers, {"maximum": room.maximum, "over": -room.left})


def _is_unreadable(text: str) -> bool:
    return "\0" in text or any("\ud800" <= char <= "\udfff" for char in text)


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
    for position, media in enumerate(case.files):
        for code, text in _problems_of(media):
            named = text if len(case.files) == 1 else f"{media.original_name}: {text}"
            yield FieldError("media", code, named, {"position": position} if len(case.files) > 1 else {})


def _problems_of(media: Media) -> Iterator[tuple[str, str]]:
    if media.deleted_at is not None:
        yield "media_deleted", _("This file has been deleted. Choose another one.")
    if media.is_refused:
        yield "media_refused", refusal_text(media.refusal_code, media.original_name)
    for problem in media.problems:
        yield problem["code"], problem["message"]


def _number(case: _Case) -> Iterator[FieldError]:
    photos = sum(media.is_photo for media in case.files)
    videos = len(case.files) - photos
    if photos and videos:
        text = _("A post has one video, or up to %(limit)d photos, but not both.")
        yield FieldError("media", "media_mixed", text % {"limit": PHOTOS_MAX})
    elif videos > 1:
        yield FieldError("media", "too_many", _("A post has only one video."), {"maximum": 1})
    elif photos > PHOTOS_MAX:
        text = _("A post has at most %(limit)d photos.") % {"limit": PHOTOS_MAX}
        yield FieldError("media", "too_many", text, {"maximum": PHOTOS_MAX})


def _duration(case: _Case) -> Iterator[FieldError]:
    if case.video is None or case.video.duration_ms is None or case.creator is None:
        return
    limit_s = case.creator.max_video_post_duration_s
    if case.video.duration_ms > limit_s * 1000:
        text = _("The video is %(length)s long. This account can post up to %(limit)s. Choose a shorter video.")
        lengths = {
            "length": _clock(*split_over(case.video.duration_ms, limit_s)),
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
    length = case.video.duration_ms if case.video and case.video.duration_ms is not None else COVER_MAX_MS
    if not 0 <= cover <= length:
        text = _("Choose a cover time within the video.")
        yield FieldError("cover_timestamp_ms", "cover_outside_video", text, {"minimum": 0, "maximum": length})


def _photo_cover(case: _Case) -> Iterator[FieldError]:
    most = (len(case.files) if case.media_type == MediaType.PHOTO else PHOTOS_MAX) - 1
    if not 0 <= case.options.photo_cover_index <= most:
        text = _("Choose one of the photos as the cover.")
        yield FieldError("photo_cover_index", "cover_outside_photos", text, {"minimum": 0, "maximum": most})


_CHECKS: Final[tuple[Callable[[_Case], Iterator[FieldError]], ...]] = (
    _untaken,
    _caption,
    _title,
    _privacy,
    _interactions,
    _branded,
    _number,
    _media,
    _duration,
    _cover,
    _photo_cover,
)
