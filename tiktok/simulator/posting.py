"""The creator's options, the progress of a post, and the end of a running pull."""

from tiktok.simulator.bodies import check_fields, invalid
from tiktok.simulator.faults import Caller
from tiktok.simulator.messages import Json, Refusal, Request, Response, envelope, error_only
from tiktok.simulator.ownership import check_urls
from tiktok.simulator.posts import Post
from tiktok.simulator.users import avatar_url
from tiktok.simulator.world import World


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


def find_post(world: World, request: Request, endpoint: str) -> Post:
    """Return the caller's post that the body names."""
    token = world.authorize(request, endpoint, "video.publish", "video.upload")
    body = request.json()
    check_fields("body", body, {"publish_id": str})
    post = world.posts.get(body.get("publish_id", ""))
    if post is None or post.draft_end == "expired":
        raise Refusal(400, "invalid_publish_id", "The publish_id does not exist")
    if (post.client_key, post.user) != (token.client_key, token.user):
        raise Refusal(
            400,
            "token_not_authorized_for_specified_publish_id",
            "The access token is not authorized for the publish_id",
        )
    return post


def status_fetch(world: World, request: Request) -> Response:
    """Handle POST /v2/post/publish/status/fetch/."""
    post = find_post(world, request, "status")
    lag = world.faults.take(("lagging_status",), "status", Caller(post.client_key, post.user))
    return envelope(describe_lagging(post, lag.lag_bytes) if lag else describe(post, world.now()))


def describe(post: Post, now: float) -> Json:
    status = post.status(now)
    data: Json = {"status": status, "publicaly_available_post_id": post.public_ids(now)}
    if post.is_pull:
        data["downloaded_bytes"] = post.downloaded_bytes
    else:
        data["uploaded_bytes"] = post.uploaded_bytes
    if status == "FAILED":
        data["fail_reason"] = post.fail_reason
    return data


def describe_lagging(post: Post, lag_bytes: int | None) -> Json:
    """Return the status as it was ``lag_bytes`` ago; otherwise one chunk, or half of a pull."""
    data: Json = {"publicaly_available_post_id": []}
    if post.is_pull:
        downloaded = post.downloaded_bytes // 2 if lag_bytes is None else post.downloaded_bytes - lag_bytes
        return {**data, "status": "PROCESSING_DOWNLOAD", "downloaded_bytes": max(0, downloaded)}
    last_chunk = post.video_size - (post.total_chunk_count - 1) * post.chunk_size
    chunk = last_chunk if post.uploaded_bytes == post.video_size else post.chunk_size
    uploaded = max(0, post.uploaded_bytes - (chunk if lag_bytes is None else lag_bytes))
    return {**data, "status": "PROCESSING_UPLOAD", "uploaded_bytes": uploaded}


def cancel(world: World, request: Request) -> Response:
    """Handle POST /v2/post/publish/cancel/: stop a running pull, or accept and do nothing if a fault says so."""
    post = find_post(world, request, "cancel")
    now = world.now()
    if not post.is_pull_open(now):
        raise Refusal(400, "publish_not_cancellable", "The publish can no longer be cancelled")
    check_urls(world, world.app(post.client_key), [item.url for item in post.items])
    if not world.faults.take(("ignored_cancel",), "cancel", Caller(post.client_key, post.user)):
        post.fail("publish_cancelled", now + world.settings.cancel_delay_s)
        world.save_post(post)
    return error_only()
