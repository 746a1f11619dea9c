"""The posts of the REST API as JSON: what comes in, what goes out, and from a Post to its answer."""

import re
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from ninja import Schema
from pydantic import BeforeValidator, Field, StrictBool, StrictInt, StrictStr

from instances.rest import Strict
from tiktok.api.limits import PHOTO_DESCRIPTION_MAX_UTF16, PHOTO_TITLE_MAX_UTF16, PHOTOS_MAX, VIDEO_TITLE_MAX_UTF16
from tiktok.api.types import CreatorInfo, PrivacyLevel
from tiktok.models import AttentionReason, EventCause, MediaSource, MediaType, Post, PostEvent, PostMode, PostState
from tiktok.posts import queries
from tiktok.posts.rules import OPTION_FIELDS, PostOptions
from tiktok.posts.schedule import note_for
from tiktok.posts.wording import codes

# The rules speak of a post's account and media; the API of their ids.
API_NAMES: Final = {"account": "account_id", "media": "media_ids"}
STOPPED: Final = frozenset({PostState.FAILED, PostState.WAITING_ACCOUNT, PostState.NEEDS_ATTENTION})
# How much is read at all; the rules say in their own words what TikTok takes of it, and the document says it too.
CAPTION_MAX_CHARS: Final = 10_000
CAPTION_LIMIT: Final = (
    f"At most {VIDEO_TITLE_MAX_UTF16} UTF-16 units with a video, {PHOTO_DESCRIPTION_MAX_UTF16} with photos, whose "
    "description it is; a line break counts as one. A video draft has none."
)
TITLE_LIMIT: Final = f"Photos only. At most {PHOTO_TITLE_MAX_UTF16} UTF-16 units."
TITLE_MAX_CHARS: Final = 200
SHORT_TEXT_MAX_CHARS: Final = 100
WALL_TIME_CHARS: Final = len("2026-11-21T18:00:00")

# A clock time of RFC 3339; seconds and offset may be left out.
TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)

Cover = Annotated[StrictInt | None, Field(description="Milliseconds from the start of the video.")]
Privacy = Annotated[
    PrivacyLevel | None,
    BeforeValidator(lambda level: None if level == "" else level),  # as PATCH has always taken it
    Field(description="One of the account's privacy_level_options; needed to publish, no default."),
]
PublishAt = Annotated[
    StrictStr | None,
    Field(
        max_length=SHORT_TEXT_MAX_CHARS,
        description="RFC 3339 with an offset, or a local time without one together with `timezone`.",
        json_schema_extra={"pattern": f"^{TIME.pattern}$"},
    ),
]
TimeZone = Annotated[
    StrictStr | None,
    Field(max_length=SHORT_TEXT_MAX_CHARS, description="IANA name of the zone of `publish_at`."),
]


ABOUT_CONSENT: Final = (
    "Confirms that the person agrees to TikTok's Music Usage Confirmation; for MEDIA_UPLOAD, that the files are "
    "transferred to TikTok."
)
ABOUT_MODE: Final = "MEDIA_UPLOAD puts a draft into the account's TikTok inbox, to be published in the TikTok app."


class Options(Strict):
    """Options of a post, and its files."""

    media_ids: Annotated[
        list[UUID], Field(max_length=PHOTOS_MAX, description="One video, or up to 35 photos in their order.")
    ] = []
    title: Annotated[StrictStr, Field(max_length=TITLE_MAX_CHARS, description=TITLE_LIMIT)] = ""
    caption: Annotated[StrictStr, Field(max_length=CAPTION_MAX_CHARS, description=CAPTION_LIMIT)] = ""
    privacy_level: Privacy = None
    allow_comment: StrictBool = False
    allow_duet: StrictBool = False
    allow_stitch: StrictBool = False
    brand_organic: StrictBool = False
    brand_content: StrictBool = False
    is_aigc: StrictBool = False
    cover_timestamp_ms: Cover = None
    photo_cover_index: Annotated[StrictInt, Field(description="Photos only. The position of the cover, from 0.")] = 0
    auto_add_music: Annotated[
        StrictBool, Field(description="Photos only. TikTok adds music, which the account owner can change.")
    ] = False

    def chosen(self) -> dict[str, Any]:
        """The options that were sent, as the validator names and types them."""
        sent = self.model_dump(include=set(OPTION_FIELDS), exclude_unset=True)
        if "privacy_level" in sent:
            sent["privacy_level"] = str(sent["privacy_level"] or "")
        if "mode" in sent:
            sent["mode"] = str(sent["mode"])
        return sent

    def options(self) -> PostOptions:
        """For a new post: the rest is off or empty."""
        return PostOptions(**self.chosen())


class PostIn(Options):
    """A new post. A draft may be incomplete and takes neither time nor consent."""

    account_id: UUID
    mode: Annotated[PostMode, Field(description=ABOUT_MODE)]
    publish_at: PublishAt = None
    timezone: TimeZone = None
    draft: StrictBool = False
    consent: StrictBool = Field(False, description=ABOUT_CONSENT)


class PostPatch(Options):
    """Fields to change; fields that are not sent stay as they are."""

    mode: Annotated[PostMode, Field(description=ABOUT_MODE)] = PostMode.DIRECT_POST


class PublishIn(Strict):
    """Publish a draft, or a post that waits or was missed, now or at a time."""

    consent: StrictBool = Field(False, description=ABOUT_CONSENT)
    publish_at: PublishAt = None
    timezone: TimeZone = None


class SendAgainIn(Strict):
    """Confirms that a post that may already be published is to be sent again."""

    confirm: StrictBool = Field(
        False, description="Confirms that a person has checked TikTok and knows that the post could appear twice."
    )


class WarningOut(Schema):
    """A warning that does not prevent the request."""

    code: str
    message: str


class ProgressOut(Schema):
    """The bytes that TikTok acknowledged, and the total."""

    sent_bytes: int
    total_bytes: int


class ErrorOut(Schema):
    """Why a post failed, waits or needs attention, with TikTok's code and log id if TikTok returned them."""

    code: str
    message: str
    field: str | None = Field(
        description="The field to change; the first if there are several. The last event names all."
    )
    tiktok_code: str | None
    log_id: str | None


class PostOut(Schema):
    """A post and its state."""

    id: UUID
    account_id: UUID
    media_ids: list[UUID]
    media_type: MediaType
    mode: PostMode
    source: Annotated[
        MediaSource, Field(description="How TikTok gets the files; it follows from the files and the TikTok app.")
    ]
    title: str
    caption: str
    privacy_level: PrivacyLevel | None
    allow_comment: bool
    allow_duet: bool
    allow_stitch: bool
    brand_organic: bool
    brand_content: bool
    is_aigc: bool
    cover_timestamp_ms: int | None
    photo_cover_index: int
    auto_add_music: bool
    state: PostState
    attention_reason: AttentionReason | None
    hold_reason: str | None
    next_try_at: datetime | None
    publish_id: str | None
    publish_at: datetime | None
    publish_local: str | None
    timezone: str | None
    publish_note: str | None
    progress: ProgressOut | None
    post_ids: list[str]
    share_urls: list[str]
    error: ErrorOut | None
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None
    hidden_at: Annotated[datetime | None, Field(description="When TikTok said that the post is no longer public.")]
    set_aside_at: datetime | None
    batch: UUID
    corrects: Annotated[UUID | None, Field(description="The failed or cancelled post that this one replaces.")]
    reposted_as: Annotated[UUID | None, Field(description="The post that replaced this one; its failure is repaired.")]


class CreatedPostOut(PostOut):
    """A new post, and warnings about it."""

    warnings: list[WarningOut]


class EventOut(Schema):
    """One line of a post's history; ``reason`` says why it needs attention."""

    at: datetime
    from_: PostState | None = Field(alias="from")
    to: PostState
    cause: EventCause
    reason: AttentionReason | None
    detail: dict[str, Any]


class CreatorInfoOut(Schema):
    """Options that TikTok offers the creator now; ``creator_avatar_url`` is valid for two hours."""

    creator_avatar_url: str
    creator_username: str
    creator_nickname: str
    privacy_level_options: list[str]
    comment_disabled: bool
    duet_disabled: bool
    stitch_disabled: bool
    max_video_post_duration_s: int


def describe_post(post: Post) -> dict[str, Any]:
    """The answer for a post that ``queries.list_posts`` loaded: no further query."""
    return {name: getattr(post, name) for name in OPTION_FIELDS} | {
        "privacy_level": post.privacy_level or None,
        "id": post.pk,
        "account_id": post.account_id,
        "media_ids": [item.media_id for item in post.items.all()],
        "media_type": post.media_type,
        "source": post.way.source,
        "state": post.state,
        "attention_reason": post.attention_reason or None,
        "hold_reason": post.hold_reason or None,
        "next_try_at": post.tries_again_at,
        "publish_id": queries.publish_id_of(post) or None,
        "publish_at": post.publish_at,
        "publish_local": post.publish_local[:WALL_TIME_CHARS] or None,
        "timezone": post.publish_zone or None,
        "publish_note": note_for(post.publish_local, post.publish_zone, post.publish_at) or None,
        "progress": queries.progress_of(post),
        "post_ids": [str(post_id) for post_id in post.post_ids],
        "share_urls": post.share_urls,
        "error": _error(post),
        "created_at": post.created_at,
        "updated_at": post.updated_at,
        "published_at": post.published_at,
        "hidden_at": post.hidden_at,
        "set_aside_at": post.dismissed_at,
        "batch": post.batch,
        "corrects": post.corrects_id,
        "reposted_as": post.reposted_as,  # type: ignore[attr-defined]
    }


def _error(post: Post) -> dict[str, str | None] | None:
    words = codes.explain_post(post) if post.state in STOPPED else None
    if words is None:
        return None
    return {
        "code": post.error_code or post.attention_reason or post.fail_reason or post.tiktok_code,
        "message": f"{words.what} {words.can}".strip(),
        "field": API_NAMES.get(post.error_field, post.error_field) or None,
        "tiktok_code": post.tiktok_code or None,
        "log_id": post.log_id or None,
    }


def describe_event(event: PostEvent) -> dict[str, Any]:
    """One line of the history."""
    return {
        "at": event.at,
        "from": event.from_state or None,
        "to": event.to_state,
        "cause": event.cause,
        "reason": event.reason or None,
        "detail": event.detail,
    }


def describe_creator(creator: CreatorInfo) -> dict[str, Any]:
    """Return TikTok's creator info, unchanged."""
    return {name: getattr(creator, name) for name in CreatorInfoOut.model_fields}
