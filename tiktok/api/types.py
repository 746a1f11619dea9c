"""TikTok's values, in its own terms; where TikTok may add values the type is text."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .secret import Secret


class Scope(StrEnum):
    """https://developers.tiktok.com/doc/tiktok-api-scopes"""

    USER_INFO_BASIC = "user.info.basic"
    USER_INFO_PROFILE = "user.info.profile"
    USER_INFO_STATS = "user.info.stats"
    VIDEO_LIST = "video.list"
    VIDEO_PUBLISH = "video.publish"
    VIDEO_UPLOAD = "video.upload"


#: What features use today, and so what consent is requested for by default.
USED_SCOPES: Final = (
    Scope.USER_INFO_BASIC,
    Scope.USER_INFO_PROFILE,
    Scope.USER_INFO_STATS,
    Scope.VIDEO_PUBLISH,
    Scope.VIDEO_UPLOAD,
)


class PrivacyLevel(StrEnum):
    """https://developers.tiktok.com/doc/content-posting-api-reference-query-creator-info"""

    PUBLIC_TO_EVERYONE = "PUBLIC_TO_EVERYONE"
    MUTUAL_FOLLOW_FRIENDS = "MUTUAL_FOLLOW_FRIENDS"
    FOLLOWER_OF_CREATOR = "FOLLOWER_OF_CREATOR"
    SELF_ONLY = "SELF_ONLY"


class PublishStatusCode(StrEnum):
    """https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status"""

    PROCESSING_UPLOAD = "PROCESSING_UPLOAD"
    PROCESSING_DOWNLOAD = "PROCESSING_DOWNLOAD"
    SEND_TO_USER_INBOX = "SEND_TO_USER_INBOX"
    PUBLISH_COMPLETE = "PUBLISH_COMPLETE"
    FAILED = "FAILED"


class FailReason(StrEnum):
    """The documented reasons; ``PublishStatus.fail_reason`` is text, since others may come (same page)."""

    FILE_FORMAT_CHECK_FAILED = "file_format_check_failed"
    DURATION_CHECK_FAILED = "duration_check_failed"
    FRAME_RATE_CHECK_FAILED = "frame_rate_check_failed"
    PICTURE_SIZE_CHECK_FAILED = "picture_size_check_failed"
    INTERNAL = "internal"
    VIDEO_PULL_FAILED = "video_pull_failed"
    PHOTO_PULL_FAILED = "photo_pull_failed"
    PUBLISH_CANCELLED = "publish_cancelled"
    AUTH_REMOVED = "auth_removed"
    SPAM_RISK_TOO_MANY_POSTS = "spam_risk_too_many_posts"
    SPAM_RISK_USER_BANNED_FROM_POSTING = "spam_risk_user_banned_from_posting"
    SPAM_RISK_TEXT = "spam_risk_text"
    SPAM_RISK = "spam_risk"


FAIL_REASONS = frozenset(reason.value for reason in FailReason)


@dataclass(frozen=True, slots=True)
class TokenSet:
    """A token pair; both lifetimes are the remaining seconds that TikTok reports."""

    open_id: str
    scopes: tuple[str, ...]
    access_token: Secret
    refresh_token: Secret
    expires_in_s: int
    refresh_expires_in_s: int
    token_type: str


@dataclass(frozen=True, slots=True)
class UserInfo:
    """A profile; None where the granted scopes, or TikTok, give no value."""

    open_id: str
    union_id: str | None = None
    avatar_url: str | None = None
    display_name: str | None = None
    username: str | None = None
    bio_description: str | None = None
    profile_deep_link: str | None = None
    is_verified: bool | None = None
    follower_count: int | None = None
    following_count: int | None = None
    likes_count: int | None = None
    video_count: int | None = None


@dataclass(frozen=True, slots=True)
class CreatorInfo:
    """The creator's present options; ``creator_avatar_url`` is valid for two hours."""

    creator_avatar_url: str
    creator_username: str
    creator_nickname: str
    privacy_level_options: tuple[str, ...]
    comment_disabled: bool
    duet_disabled: bool
    stitch_disabled: bool
    max_video_post_duration_s: int


@dataclass(frozen=True, slots=True)
class VideoPostInfo:
    """``post_info`` of a Direct Post video; the caption is ``title``, at most 2200 UTF-16 units."""

    privacy_level: str
    title: str
    disable_comment: bool
    disable_duet: bool
    disable_stitch: bool
    brand_content_toggle: bool
    brand_organic_toggle: bool
    is_aigc: bool
    video_cover_timestamp_ms: int | None = None


@dataclass(frozen=True, slots=True)
class FileSource:
    """``source_info`` of a FILE_UPLOAD; sizes in bytes, see ``chunking.plan_chunks``."""

    video_size: int
    chunk_size: int
    total_chunk_count: int


@dataclass(frozen=True, slots=True)
class PullSource:
    """``source_info`` of a video that TikTok downloads; the address is on a verified domain or prefix, and secret."""

    video_url: Secret


@dataclass(frozen=True, slots=True)
class PhotoText:
    """Title and description of photos: at most 90 and 4000 UTF-16 units; hashtags belong in the description."""

    title: str
    description: str


@dataclass(frozen=True, slots=True)
class PhotoPostInfo:
    """The options of photos that are posted directly; drafts take none of them. There are no duets and stitches."""

    privacy_level: str
    disable_comment: bool
    auto_add_music: bool
    brand_content_toggle: bool
    brand_organic_toggle: bool
    is_aigc: bool


@dataclass(frozen=True, slots=True)
class PhotoSource:
    """``source_info`` of photos: 1 to 35 secret addresses on a verified domain or prefix, in the post's order."""

    photo_urls: tuple[Secret, ...]
    cover_index: int


@dataclass(frozen=True, slots=True)
class PublishInit:
    """A publish that TikTok opened.

    ``upload_url``, for a FILE_UPLOAD alone, is itself the credential and lives one hour.
    """

    publish_id: str
    upload_url: Secret | None = None


@dataclass(frozen=True, slots=True)
class ChunkAnswer:
    """The upload host's answer; ``uploaded_bytes`` is a count from byte 0, None if it sent none."""

    status_code: int
    uploaded_bytes: int | None


@dataclass(frozen=True, slots=True)
class PublishStatus:
    """TikTok's status of a publish; ``post_ids`` stay empty until the post is public and moderated."""

    status: str
    fail_reason: str | None
    post_ids: tuple[str, ...]
    uploaded_bytes: int | None
    log_id: str
    downloaded_bytes: int | None = None
