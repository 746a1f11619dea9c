"""The three inits: video to the profile, video to the inbox, photos to either."""

import secrets
from dataclasses import dataclass

from tiktok.simulator import bodies
from tiktok.simulator.bodies import invalid
from tiktok.simulator.entities import App, User
from tiktok.simulator.faults import PULL_FAULTS, Caller, Fault
from tiktok.simulator.messages import Json, Refusal, Request, Response, envelope
from tiktok.simulator.ownership import check_urls
from tiktok.simulator.posts import Item, Post
from tiktok.simulator.world import World

URL_LIFETIME_S = 3600
UPLOAD_IDS = {"v_pub_file": "u", "v_inbox_file": "i"}


@dataclass(frozen=True)
class Poster:
    """The app and user of an init, and its endpoint."""

    endpoint: str
    app: App
    user: User


def authorize(world: World, request: Request, endpoint: str, *scopes: str) -> Poster:
    token = world.authorize(request, endpoint, *scopes)
    return Poster(endpoint, world.app(token.client_key), world.user(token.user))


def video_init(world: World, request: Request) -> Response:
    """Handle POST /v2/post/publish/video/init/."""
    poster = authorize(world, request, "video_init", "video.publish")
    body = request.json()
    bodies.check_fields("body", body, bodies.DIRECT_INIT_FIELDS)
    post_info, source_info = body.get("post_info", {}), body.get("source_info", {})
    bodies.check_video_info(post_info)
    check_video_source(world, poster, source_info)
    world.check_caps(poster.app, poster.user, status=403)
    check_privacy(poster, post_info)
    check_sources(world, poster, source_info)
    post = make_post(world, poster, "v_pub", source_info)
    post.post_info, post.is_aigc = post_info, post_info.get("is_aigc", False)
    return accept(world, poster, post)


def inbox_init(world: World, request: Request) -> Response:
    """Handle POST /v2/post/publish/inbox/video/init/, which takes no ``post_info``."""
    poster = authorize(world, request, "inbox_init", "video.upload")
    body = request.json()
    bodies.check_fields("body", body, bodies.INBOX_INIT_FIELDS)
    source_info = body.get("source_info", {})
    check_video_source(world, poster, source_info)
    world.check_drafts(poster.user)
    check_sources(world, poster, source_info)
    post = make_post(world, poster, "v_inbox", source_info)
    post.is_draft = True
    return accept(world, poster, post)


def content_init(world: World, request: Request) -> Response:
    """Handle POST /v2/post/publish/content/init/."""
    poster = authorize(world, request, "content_init", "video.publish", "video.upload")
    body = request.json()
    bodies.check_content(body)
    post_info, source_info = body.get("post_info", {}), body.get("source_info", {})
    is_draft = body["post_mode"] == "MEDIA_UPLOAD"
    check_mode_scope(world, request, is_draft=is_draft)
    bodies.check_photos(source_info)
    if is_draft:
        check_photo_draft(world, poster)
    else:
        world.check_caps(poster.app, poster.user, status=403)
        check_privacy(poster, post_info)
    check_sources(world, poster, source_info)
    post = make_post(world, poster, "p_pub", source_info)
    post.media_type, post.is_draft = "PHOTO", is_draft
    post.post_info, post.is_aigc = post_info, body.get("is_aigc", False)
    post.cover_index = source_info["photo_cover_index"]
    return accept(world, poster, post)


def check_mode_scope(world: World, request: Request, *, is_draft: bool) -> None:
    needed = "video.upload" if is_draft else "video.publish"
    if needed not in world.access_token(request).scopes:
        raise Refusal(401, "scope_not_authorized", "The user did not authorize the scope required")


def check_photo_draft(world: World, poster: Poster) -> None:
    if world.faults.take(("old_app_version",), poster.endpoint, Caller(poster.app.client_key, poster.user.id)):
        raise Refusal(400, "app_version_check_failed", "The user's TikTok app is older than 31.8")
    world.check_drafts(poster.user)


def check_video_source(world: World, poster: Poster, source_info: Json) -> None:
    """Check the plan for chunks or the URL; a fault may refuse a plan that the rules allow."""
    bodies.check_video_source(source_info)
    if source_info["source"] == "FILE_UPLOAD":
        plan = source_info["chunk_size"], source_info["total_chunk_count"]
        caller = Caller(poster.app.client_key, poster.user.id, chunk_size=plan[0], chunk_count=plan[1])
        if world.faults.take(("chunk_plan_refused",), poster.endpoint, caller):
            raise invalid("The chunk size is invalid")


def urls_of(source_info: Json) -> list[str]:
    if source_info["source"] == "FILE_UPLOAD":
        return []
    return list(source_info.get("photo_images") or [source_info["video_url"]])


def check_sources(world: World, poster: Poster, source_info: Json) -> None:
    check_urls(world, poster.app, urls_of(source_info))


def check_privacy(poster: Poster, post_info: Json) -> None:
    level = post_info.get("privacy_level", "")
    if level not in poster.user.privacy_level_options():
        raise Refusal(403, "privacy_level_option_mismatch", "The privacy level is not among the creator's options")
    if not poster.app.audited and not (poster.user.is_private and level == "SELF_ONLY"):
        raise Refusal(
            403,
            "unaudited_client_can_only_post_to_private_accounts",
            "Unaudited clients can only post privately, to private accounts",
        )


def make_post(world: World, poster: Poster, kind: str, source_info: Json) -> Post:
    """Return a new post with its source: an upload task or URLs to pull."""
    prefix = f"{kind}_{'file' if source_info['source'] == 'FILE_UPLOAD' else 'url'}"
    number = str(secrets.randbelow(10**17) + 73 * 10**17)
    settings = world.settings
    post = Post(
        publish_id=f"{prefix}~v2-1.{number}",
        client_key=poster.app.client_key,
        user=poster.user.id,
        post_id=make_post_id(),
        created_at=world.now(),
        processing_delay_s=settings.processing_delay_s,
        moderation_delay_s=settings.moderation_delay_s,
        items=[Item(url) for url in urls_of(source_info)],
        held=settings.hold_processing,
    )
    if not post.is_pull:
        post.video_size, post.chunk_size = source_info["video_size"], source_info["chunk_size"]
        post.total_chunk_count = source_info["total_chunk_count"]
        post.upload_id, post.upload_token = f"{UPLOAD_IDS[prefix]}-{number}", secrets.token_hex(16)
        post.url_expires_at = post.created_at + URL_LIFETIME_S
    return post


def make_post_id() -> int:
    return secrets.randbelow(10**17) + 74 * 10**17


def accept(world: World, poster: Poster, post: Post) -> Response:
    """Save the post, whose pull starts by itself, and answer."""
    foresee(world, poster, post)
    if post.is_pull:
        foresee_pull(world, poster, post)
    world.save_post(post)
    if post.is_pull:
        return envelope({"publish_id": post.publish_id})
    url = f"{world.base_url}/upload/?upload_id={post.upload_id}&upload_token={post.upload_token}"
    return envelope({"publish_id": post.publish_id, "upload_url": url})


def foresee(world: World, poster: Poster, post: Post) -> None:
    """Let armed faults decide the outcome of this post."""
    caller = Caller(post.client_key, post.user)
    if fault := world.faults.take(("fail_reason",), poster.endpoint, caller):
        post.outcome = fault.reason
    if world.faults.take(("hold",), poster.endpoint, caller):
        post.held = True
    if fault := world.faults.take(("processing_delay",), poster.endpoint, caller):
        post.processing_delay_s = fault.delay_s
    if fault := world.faults.take(("moderation_delay",), poster.endpoint, caller):
        post.moderation_delay_s = fault.delay_s


def foresee_pull(world: World, poster: Poster, post: Post) -> None:
    """Let armed faults of each kind, or else the weather, decide how the files are pulled."""
    caller = Caller(post.client_key, post.user)
    found = [world.faults.take((kind,), poster.endpoint, caller) for kind in PULL_FAULTS]
    faults = [fault for fault in found if fault]
    if not faults and (fault := world.forecast.pull(post.user, is_photo=post.is_photo)):
        faults = [fault]
    delay_s = world.settings.pull_delay_s + sum(fault.delay_s for fault in faults if fault.fault == "late_pull")
    for fault in faults:
        apply_to_pull(fault, post)
    post.plan_pull(post.created_at + delay_s)


def apply_to_pull(fault: Fault, post: Post) -> None:
    pull, kind = post.pull, fault.fault
    pull.has_head = pull.has_head or kind == "head_first"
    pull.has_odd_ranges = pull.has_odd_ranges or kind == "odd_ranges"
    pull.is_double = pull.is_double or kind == "double_pull"
    if kind == "slow_pull":
        pull.bytes_per_s = fault.bytes_per_s
    elif kind == "abandoned_pull":
        pull.abandoned_after = fault.after_bytes or 0
    elif kind == "failed_photo":
        pull.failing_item = len(post.items) - 1 if fault.item is None else fault.item
