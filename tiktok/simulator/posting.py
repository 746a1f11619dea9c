"""Direct Post: the creator's options, the init of a video, and its progress."""

import secrets

from tiktok.simulator.entities import App, Post, User
from tiktok.simulator.faults import Caller
from tiktok.simulator.messages import Json, Refusal, Request, Response, envelope
from tiktok.simulator.users import avatar_url
from tiktok.simulator.world import World

URL_LIFETIME_S = 3600
TITLE_UTF16_UNITS = 2200
# "MB" is not defined by TikTok; these bounds satisfy the decimal and the binary reading.
SMALLEST_CHUNK = 5 * 1024 * 1024
LARGEST_CHUNK = 64_000_000
LARGEST_FINAL_CHUNK = 128_000_000
LARGEST_VIDEO = 4 * 1024**3
LARGEST_COUNT = 1000

INIT_FIELDS: dict[str, type] = {"post_info": dict, "source_info": dict}
POST_INFO_FIELDS: dict[str, type] = {
    "privacy_level": str,
    "title": str,
    "disable_comment": bool,
    "disable_duet": bool,
    "disable_stitch": bool,
    "video_cover_timestamp_ms": int,
    "brand_content_toggle": bool,
    "brand_organic_toggle": bool,
    "is_aigc": bool,
}
SOURCE_INFO_FIELDS: dict[str, type] = {
    "source": str,
    "video_size": int,
    "chunk_size": int,
    "total_chunk_count": int,
}


def invalid(message: str) -> Refusal:
    return Refusal(400, "invalid_params", message)


def creator_info(world: World, request: Request) -> Response:
    """Handle POST /v2/post/publish/creator_info/query/ without a body."""
    token = world.authorize(request, "creator_info", "video.publish")
    if request.content.strip() not in (b"", b"{}"):
        raise invalid("The request takes no body")
    app, user = world.app(token.client_key), world.user(token.user)
    world.check_caps(app, user, status=200)
    return envelope(
        {
            "creator_avatar_url": avatar_url(world, user, 200),
            "creator_username": user.username,
            "creator_nickname": user.display_name,
            "privacy_level_options": user.privacy_level_options(),
            "comment_disabled": user.comment_disabled,
            "duet_disabled": user.duet_disabled or user.is_private,
            "stitch_disabled": user.stitch_disabled or user.is_private,
            "max_video_post_duration_sec": user.max_video_post_duration_sec,
        }
    )


def video_init(world: World, request: Request) -> Response:
    """Handle POST /v2/post/publish/video/init/ for FILE_UPLOAD."""
    token = world.authorize(request, "video_init", "video.publish")
    app, user = world.app(token.client_key), world.user(token.user)
    body = request.json()
    check_fields("body", body, INIT_FIELDS)
    post_info, source_info = body.get("post_info", {}), body.get("source_info", {})
    check_post_info(post_info)
    check_source_info(source_info)
    world.check_caps(app, user, status=403)
    check_privacy(app, user, post_info)
    post = make_post(world, app, user, post_info, source_info)
    url = f"{world.base_url}/upload/?upload_id={post.upload_id}&upload_token={post.upload_token}"
    return envelope({"publish_id": post.publish_id, "upload_url": url})


def check_fields(where: str, value: Json, fields: dict[str, type]) -> None:
    for name, item in value.items():
        if name not in fields:
            raise invalid(f"{where} holds an unknown field: {name}")
        if type(item) is not fields[name]:
            raise invalid(f"{where}.{name} has the wrong type")


def check_post_info(post_info: Json) -> None:
    check_fields("post_info", post_info, POST_INFO_FIELDS)
    if len(post_info.get("title", "").encode("utf-16-le", "surrogatepass")) // 2 > TITLE_UTF16_UNITS:
        raise invalid(f"post_info.title is longer than {TITLE_UTF16_UNITS} characters")
    if not -(2**31) <= post_info.get("video_cover_timestamp_ms", 0) < 2**31:
        raise invalid("post_info.video_cover_timestamp_ms is out of range")
    if post_info.get("brand_content_toggle") and post_info.get("privacy_level") == "SELF_ONLY":
        raise invalid("Branded content visibility cannot be set to private")


def check_source_info(source_info: Json) -> None:
    check_fields("source_info", source_info, SOURCE_INFO_FIELDS)
    if source_info.get("source") != "FILE_UPLOAD":
        raise invalid("source_info.source is invalid")
    missing = [name for name in SOURCE_INFO_FIELDS if name not in source_info]
    if missing:
        raise invalid(f"source_info.{missing[0]} is missing")
    size, chunk, count = (source_info[n] for n in ("video_size", "chunk_size", "total_chunk_count"))
    if not 1 <= size <= LARGEST_VIDEO:
        raise invalid("The video size is invalid")
    if not is_chunk_size(size, chunk):
        raise invalid("The chunk size is invalid")
    if count != size // chunk or count > LARGEST_COUNT:
        raise invalid("The total chunk count is invalid")


def is_chunk_size(size: int, chunk: int) -> bool:
    """Check the size: one piece up to 64 MB; above 5 MB also several of 5 to 64 MB, the last one up to 128 MB."""
    if chunk == size:
        return size <= LARGEST_CHUNK
    if not SMALLEST_CHUNK <= chunk <= LARGEST_CHUNK or chunk > size:
        return False
    is_single = size // chunk == 1
    return size % chunk + chunk <= (LARGEST_CHUNK if is_single else LARGEST_FINAL_CHUNK)


def check_privacy(app: App, user: User, post_info: Json) -> None:
    level = post_info.get("privacy_level", "")
    if level not in user.privacy_level_options():
        raise Refusal(403, "privacy_level_option_mismatch", "The privacy level is not among the creator's options")
    if not app.audited and not (user.is_private and level == "SELF_ONLY"):
        raise Refusal(
            403,
            "unaudited_client_can_only_post_to_private_accounts",
            "Unaudited clients can only post privately, to private accounts",
        )


def make_post(world: World, app: App, user: User, post_info: Json, source_info: Json) -> Post:
    number = str(secrets.randbelow(10**17) + 73 * 10**17)
    settings, now = world.settings, world.now()
    post = Post(
        publish_id=f"v_pub_file~v2-1.{number}",
        client_key=app.client_key,
        user=user.id,
        post_id=secrets.randbelow(10**17) + 74 * 10**17,
        post_info=post_info,
        video_size=source_info["video_size"],
        chunk_size=source_info["chunk_size"],
        total_chunk_count=source_info["total_chunk_count"],
        upload_id=f"u-{number}",
        upload_token=secrets.token_hex(16),
        created_at=now,
        url_expires_at=now + URL_LIFETIME_S,
        processing_delay_s=settings.processing_delay_s,
        moderation_delay_s=settings.moderation_delay_s,
        held=settings.hold_processing,
    )
    foresee(world, post)
    return world.posts.save(post)


def foresee(world: World, post: Post) -> None:
    """Let armed faults decide the outcome of this post."""
    caller = Caller(post.client_key, post.user)
    if fault := world.faults.take(("fail_reason",), "video_init", caller):
        post.fail_reason = fault.reason
    if world.faults.take(("hold",), "video_init", caller):
        post.held = True
    if fault := world.faults.take(("processing_delay",), "video_init", caller):
        post.processing_delay_s = fault.delay_s
    if fault := world.faults.take(("moderation_delay",), "video_init", caller):
        post.moderation_delay_s = fault.delay_s


def status_fetch(world: World, request: Request) -> Response:
    """Handle POST /v2/post/publish/status/fetch/."""
    token = world.authorize(request, "status", "video.publish", "video.upload")
    body = request.json()
    check_fields("body", body, {"publish_id": str})
    post = world.posts.get(body.get("publish_id", ""))
    if post is None:
        raise Refusal(400, "invalid_publish_id", "The publish_id does not exist")
    if (post.client_key, post.user) != (token.client_key, token.user):
        raise Refusal(
            400,
            "token_not_authorized_for_specified_publish_id",
            "The access token is not authorized for the publish_id",
        )
    lag = world.faults.take(("lagging_status",), "status", Caller(token.client_key, token.user))
    return envelope(describe_lagging(post, lag.lag_bytes) if lag else describe(post, world.now()))


def describe(post: Post, now: float) -> Json:
    status = post.status(now)
    data: Json = {
        "status": status,
        "publicaly_available_post_id": post.public_ids(now),
        "uploaded_bytes": post.uploaded_bytes,
    }
    if status == "FAILED":
        data["fail_reason"] = post.fail_reason
    return data


def describe_lagging(post: Post, lag_bytes: int | None) -> Json:
    """Return the status as it was ``lag_bytes`` (otherwise one chunk) ago."""
    last_chunk = post.video_size - (post.total_chunk_count - 1) * post.chunk_size
    chunk = last_chunk if post.uploaded_bytes == post.video_size else post.chunk_size
    uploaded = max(0, post.uploaded_bytes - (chunk if lag_bytes is None else lag_bytes))
    return {"status": "PROCESSING_UPLOAD", "publicaly_available_post_id": [], "uploaded_bytes": uploaded}
