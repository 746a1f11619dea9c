"""TikTok's numbers, each with the page that states it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Endpoint(StrEnum):
    """Paths below the API's base URL; without the trailing slash the gateway answers 404."""

    OAUTH_TOKEN = "/v2/oauth/token/"  # noqa: S105 - a path
    OAUTH_REVOKE = "/v2/oauth/revoke/"
    USER_INFO = "/v2/user/info/"
    CREATOR_INFO = "/v2/post/publish/creator_info/query/"
    VIDEO_INIT = "/v2/post/publish/video/init/"
    INBOX_VIDEO_INIT = "/v2/post/publish/inbox/video/init/"
    CONTENT_INIT = "/v2/post/publish/content/init/"
    STATUS_FETCH = "/v2/post/publish/status/fetch/"
    CANCEL = "/v2/post/publish/cancel/"


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``calls`` in any ``window_s`` seconds (a sliding window) for one endpoint."""

    calls: int
    window_s: int


# Endpoints without a documented rate have no row.
RATES: Mapping[Endpoint, Rate] = {
    # https://developers.tiktok.com/docs/en/tiktok-api-v2-rate-limit (per app or per token: not stated)
    Endpoint.USER_INFO: Rate(600, 60),
    # https://developers.tiktok.com/doc/content-posting-api-reference-query-creator-info (per access token)
    Endpoint.CREATOR_INFO: Rate(20, 60),
    # https://developers.tiktok.com/doc/content-posting-api-reference-direct-post (per access token)
    Endpoint.VIDEO_INIT: Rate(6, 60),
    # https://developers.tiktok.com/doc/content-posting-api-reference-upload-video (per access token)
    Endpoint.INBOX_VIDEO_INIT: Rate(6, 60),
    # https://developers.tiktok.com/doc/content-posting-api-reference-photo-post (per access token)
    Endpoint.CONTENT_INIT: Rate(6, 60),
    # https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status (per access token)
    Endpoint.STATUS_FETCH: Rate(30, 60),
    # Not documented: as often as the status that tells whether it helped.
    Endpoint.CANCEL: Rate(30, 60),
}

# https://developers.tiktok.com/docs/en/tiktok-api-v2-rate-limit: one-minute sliding window
RATE_WINDOW_S = 60
# https://developers.tiktok.com/doc/content-sharing-guidelines: posts and posting users are counted over 24 h
QUOTA_WINDOW_S = 24 * 60 * 60
# The same page: about this number, it varies; all apps together.
POSTS_PER_CREATOR = 15
# The same page: accounts that may post through an app that is not audited.
ACTIVE_USERS_UNAUDITED = 5

# https://developers.tiktok.com/doc/content-posting-api-reference-direct-post
UPLOAD_URL_LIFETIME_S = 60 * 60
VIDEO_TITLE_MAX_UTF16 = 2200
# https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide: a pull times out an hour after it starts
PULL_LIFETIME_S = 60 * 60
# https://developers.tiktok.com/doc/content-posting-api-reference-upload-video: in any 24 hours
PENDING_DRAFTS_MAX = 5
# https://developers.tiktok.com/doc/content-posting-api-reference-photo-post
PHOTO_TITLE_MAX_UTF16 = 90
PHOTO_DESCRIPTION_MAX_UTF16 = 4000
PHOTOS_MAX = 35

# https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide. "MB" is not defined there:
# lower bounds are read as MiB, upper bounds as 10^6 bytes, so that a number within them fits both readings.
CHUNK_MIN_BYTES = 5 * 1024 * 1024
CHUNK_MAX_BYTES = 64_000_000
CHUNK_DEFAULT_BYTES = 10_000_000
VIDEO_MAX_BYTES = 4 * 1024**3  # "4 GB", the generous reading
VIDEO_CONTENT_TYPES = frozenset({"video/mp4", "video/quicktime", "video/webm"})
VIDEO_SIDE_MIN_PX = 360
VIDEO_SIDE_MAX_PX = 4096
VIDEO_FPS_MIN = 23
VIDEO_FPS_MAX = 60

# https://developers.tiktok.com/doc/login-kit-web
REDIRECT_URI_MAX_CHARS = 511
