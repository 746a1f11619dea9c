"""Display API: the user's public posts, listed and looked up by id."""

import math
from dataclasses import dataclass

from tiktok.simulator.bodies import check_fields, invalid
from tiktok.simulator.entities import Token
from tiktok.simulator.messages import Json, Request, Response, envelope
from tiktok.simulator.posts import Post, Publication
from tiktok.simulator.users import avatar_url
from tiktok.simulator.world import World

DEFAULT_COUNT, MOST_VIDEOS = 10, 20
TEXT_CHARACTERS = 150
FIELDS = (
    "id",
    "create_time",
    "title",
    "video_description",
    "duration",
    "width",
    "height",
    "cover_image_url",
    "share_url",
    "embed_html",
    "embed_link",
    "like_count",
    "comment_count",
    "share_count",
    "view_count",
    "is_aigc",
)


@dataclass(frozen=True)
class Video:
    """A public post of the user, whichever app it came through."""

    post: Post
    publication: Publication

    @property
    def id(self) -> str:
        return str(self.publication.post_id)

    @property
    def created_ms(self) -> int:
        return math.floor(self.publication.created_at * 1000)


def video_list(world: World, request: Request) -> Response:
    """Handle POST /v2/video/list/: newest first, ``cursor`` in milliseconds."""
    token = world.authorize(request, "video_list", "video.list")
    fields = fields_of(request)
    body = request.json() if request.content.strip() else {}
    check_fields("body", body, {"cursor": int, "max_count": int})
    count = body.get("max_count", DEFAULT_COUNT)
    if not 1 <= count <= MOST_VIDEOS:
        raise invalid(f"max_count must be between 1 and {MOST_VIDEOS}")
    cursor = body.get("cursor") or math.ceil(world.now() * 1000) + 1
    older = [video for video in public_videos(world, token) if video.created_ms < cursor]
    page = older[:count]
    return envelope(
        {
            "videos": [describe(world, video, fields) for video in page],
            "cursor": page[-1].created_ms if page else cursor,
            "has_more": len(older) > count,
        }
    )


def video_query(world: World, request: Request) -> Response:
    """Handle POST /v2/video/query/: ids that are unknown, foreign or not public are left out."""
    token = world.authorize(request, "video_query", "video.list")
    fields = fields_of(request)
    body = request.json()
    check_fields("body", body, {"filters": dict})
    filters = body.get("filters", {})
    check_fields("filters", filters, {"video_ids": list})
    ids = filters.get("video_ids", [])
    if not 1 <= len(ids) <= MOST_VIDEOS or not all(isinstance(video_id, str) for video_id in ids):
        raise invalid(f"filters.video_ids must hold 1 to {MOST_VIDEOS} ids")
    found = [video for video in public_videos(world, token) if video.id in ids]
    return envelope({"videos": [describe(world, video, fields) for video in found]})


def fields_of(request: Request) -> list[str]:
    fields = [name for name in request.params().get("fields", "").split(",") if name]
    if not fields or set(fields) - set(FIELDS):
        raise invalid("Fields is missing or holds an unknown field")
    return fields


def public_videos(world: World, token: Token) -> list[Video]:
    """Return what is public of this user, newest first."""
    now, with_photos = world.now(), world.settings.lists_photos
    mine = [post for post in world.posts.all() if post.user == token.user and (with_photos or not post.is_photo)]
    shown = [Video(post, item) for post in mine for item in post.published(now) if item.is_public(now)]
    return sorted(shown, key=lambda video: video.created_ms, reverse=True)


def describe(world: World, video: Video, fields: list[str]) -> Json:
    user, publication = world.user(video.post.user), video.publication
    share_url = f"https://www.tiktok.com/@{user.username}/video/{video.id}"
    embed_link = f"https://www.tiktok.com/player/v1/{video.id}"
    known = {
        "id": video.id,
        "create_time": int(publication.created_at),
        "title": publication.title[:TEXT_CHARACTERS],
        "video_description": (publication.description or publication.title)[:TEXT_CHARACTERS],
        "duration": int(video.post.duration_s or 0),
        "width": video.post.items[0].width if video.post.is_photo else 1080,
        "height": video.post.items[0].height if video.post.is_photo else 1920,
        "cover_image_url": avatar_url(world, user, 360),
        "share_url": f"{share_url}?utm_campaign=tt4d_open_api&utm_source={video.post.client_key}",
        "embed_html": f'<iframe src="{embed_link}"></iframe>',
        "embed_link": embed_link,
        "is_aigc": video.post.is_aigc,
    }
    return {name: known.get(name, 0) for name in fields}
