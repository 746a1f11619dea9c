"""Display API. https://developers.tiktok.com/doc/tiktok-api-v2-get-user-info"""

from collections.abc import Collection

from .client import TikTokClient
from .errors import ScopeNotAuthorized
from .limits import LISTED_VIDEOS_MAX, Endpoint
from .secret import Secret
from .types import ListedVideo, Scope, UserInfo, VideoPage

FIELDS_BY_SCOPE = {
    Scope.USER_INFO_BASIC: ("open_id", "union_id", "avatar_url", "display_name"),
    Scope.USER_INFO_PROFILE: ("username", "bio_description", "profile_deep_link", "is_verified"),
    Scope.USER_INFO_STATS: ("follower_count", "following_count", "likes_count", "video_count"),
}


VIDEO_FIELDS = ("id", "create_time", "title", "video_description", "duration")


def fields_for(scopes: Collection[str]) -> tuple[str, ...]:
    """Return the fields that these scopes allow: with one too many TikTok refuses the whole call."""
    return tuple(name for scope, names in FIELDS_BY_SCOPE.items() if scope in scopes for name in names)


def get_user_info(client: TikTokClient, *, access_token: Secret, scopes: Collection[str]) -> UserInfo:
    """Return the profile, as far as the granted ``scopes`` allow; ``avatar_url`` does not last, copy it.

    600 requests per minute. Raises ScopeNotAuthorized (without a call if ``user.info.basic`` is not granted),
    AccessTokenInvalid, RateLimited, TikTokUnavailable and connection errors; all calls may be repeated.
    """
    if Scope.USER_INFO_BASIC not in scopes:
        raise ScopeNotAuthorized("scope_not_authorized")
    params = {"fields": ",".join(fields_for(scopes))}
    data = client.call_api("GET", Endpoint.USER_INFO, access_token=access_token, params=params)
    user = data.child("user")
    return UserInfo(
        open_id=user.text("open_id"),
        union_id=user.optional_text("union_id"),
        avatar_url=user.optional_text("avatar_url"),
        display_name=user.optional_text("display_name"),
        username=user.optional_text("username"),
        bio_description=user.optional_text("bio_description"),
        profile_deep_link=user.optional_text("profile_deep_link"),
        is_verified=user.optional_flag("is_verified"),
        follower_count=user.optional_integer("follower_count"),
        following_count=user.optional_integer("following_count"),
        likes_count=user.optional_integer("likes_count"),
        video_count=user.optional_integer("video_count"),
    )


def list_videos(client: TikTokClient, *, access_token: Secret, before_ms: int | None = None) -> VideoPage:
    """Return up to 20 public videos of the profile, posted before ``before_ms`` (milliseconds), newest first.

    600 requests per minute. Raises ScopeNotAuthorized, AccessTokenInvalid, RateLimited, TikTokUnavailable and
    connection errors; may be repeated. https://developers.tiktok.com/doc/tiktok-api-v2-video-list
    """
    payload = {"max_count": LISTED_VIDEOS_MAX} | ({} if before_ms is None else {"cursor": before_ms})
    params = {"fields": ",".join(VIDEO_FIELDS)}
    data = client.call_api("POST", Endpoint.VIDEO_LIST, access_token=access_token, params=params, payload=payload)
    videos = tuple(
        ListedVideo(
            id=video.text("id"),
            created_at=video.integer("create_time"),
            title=video.optional_text("title") or "",
            description=video.optional_text("video_description") or "",
            duration_s=video.optional_integer("duration") or 0,
        )
        for video in data.children("videos")
    )
    cursor = data.optional_integer("cursor") if data.flag("has_more") and videos else None
    return VideoPage(videos, None if cursor == before_ms else cursor)
