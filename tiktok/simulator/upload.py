"""PUT /upload/: chunks in order, exactly as announced by the init; bytes are counted and hashed, not kept."""

import hashlib
import re
from typing import Any

from tiktok.simulator.entities import Post
from tiktok.simulator.faults import Caller
from tiktok.simulator.messages import Json, Refusal, Request, Response
from tiktok.simulator.world import World

RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})")
CONTENT_TYPES = ("video/mp4", "video/quicktime", "video/webm")
HEAD_BYTES = 12


def parse_range(request: Request) -> tuple[int, int, int] | None:
    match = RANGE.fullmatch(request.headers.get("Content-Range", ""))
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def upload(world: World, request: Request) -> Response:
    """Receive one chunk. Locks the world itself, never while bytes arrive."""
    try:
        response = receive(world, request)
    except Refusal as refusal:
        request.body.drain()
        response = Response(refusal.status, code=refusal.code)
    with world.lock:
        add_progress(world, request, response)
    return response


def open_record(world: World, request: Request) -> Json:
    """Return a record of this PUT for tests; the dispatcher completes it."""
    post = find(world, request)
    first, last, total = parse_range(request) or (None, None, None)
    record: Json = {
        "publish_id": post.publish_id if post else None,
        "at": world.now(),
        "first": first,
        "last": last,
        "total": total,
        "content_length": request.body.length,
        "received": 0,
        "stored": False,
        "status": None,
        "outcome": "receiving",
        "fault": "",
    }
    world.records.puts.append(record)
    return record


def find(world: World, request: Request) -> Post | None:
    params = request.loose_params()
    post = world.upload(params.get("upload_id", ""))
    return post if post and post.upload_token == params.get("upload_token") else None


def add_progress(world: World, request: Request, response: Response) -> None:
    post = find(world, request)
    if post:
        is_index = world.app(post.client_key).progress_is_index
        uploaded = max(0, post.uploaded_bytes - is_index)
        response.headers["Content-Range"] = f"bytes 0-{uploaded}/{post.video_size}"


def receive(world: World, request: Request) -> Response:
    with world.lock:
        post = check(world, request)
        hasher = world.hashes.get(post.publish_id) if post.uploaded_bytes else new_hash(world)
        hasher = hasher.copy() if hasher else None
    first = post.uploaded_bytes
    head = hash_body(request, hasher)
    with world.lock:
        return commit(world, request, post, first, hasher, head)


def new_hash(world: World) -> Any:
    return hashlib.sha256() if world.settings.hash_uploads else None


def sink(world: World, request: Request) -> Response:
    """Receive any bytes like those of an upload and discard them, for comparison with uploads."""
    hash_body(request, new_hash(world))
    return Response(201, code="ok")


def hash_body(request: Request, hasher: Any) -> bytes:
    """Read the whole chunk; return its first bytes and discard the rest."""
    head = b""
    for block in request.body.blocks():
        head = head or bytes(block[:HEAD_BYTES])
        if hasher:
            hasher.update(block)
    return head


def check(world: World, request: Request) -> Post:
    """Return the upload task, if this chunk is its very next one."""
    post = find(world, request)
    if post is None or post.upload_forgotten or post.failed_at is not None:
        raise Refusal(404, "no_such_task", "There is no such upload task")
    if world.now() >= post.url_expires_at:
        raise Refusal(403, "url_expired", "The upload URL has expired")
    check_headers(request, post)
    return post


def check_headers(request: Request, post: Post) -> None:
    bounds = parse_range(request)
    if request.media_type() not in CONTENT_TYPES:
        raise Refusal(400, "bad_content_type", "Content-Type is not supported")
    if bounds is None or "Content-Length" not in request.headers:
        raise Refusal(400, "bad_range", "Content-Range or Content-Length is missing or malformed")
    first, last, total = bounds
    if total != post.video_size or last < first or request.body.length != last - first + 1:
        raise Refusal(400, "bad_range", "The declared size differs from the task or the body")
    if first != post.uploaded_bytes:
        raise Refusal(416, "range_mismatch", "The range does not match the progress")
    if last != post.chunk_end(first):
        raise Refusal(400, "bad_chunk", "The range is not the chunk that the init announced")


def commit(world: World, request: Request, post: Post, first: int, hasher: Any, head: bytes) -> Response:
    """Count the chunk, unless the task ended or another request delivered it in the meantime."""
    if check(world, request).uploaded_bytes != first:
        raise Refusal(416, "range_mismatch", "The range does not match the progress")
    post.uploaded_bytes += request.body.length
    request.put["stored"] = True
    post.content_type = request.media_type()
    if first == 0 and world.app(post.client_key).check_format and not is_video(head):
        post.fail_reason = "file_format_check_failed"
    if post.uploaded_bytes < post.video_size:
        world.hashes[post.publish_id] = hasher
        world.posts.save(post)
        return Response(206, code="stored")
    return finish(world, post, hasher)


def is_video(head: bytes) -> bool:
    return head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free") or head[:4] == b"\x1a\x45\xdf\xa3"


def finish(world: World, post: Post, hasher: Any) -> Response:
    """Finish the upload; without the earlier hash (a restart in between) ``sha256`` stays empty."""
    world.hashes.pop(post.publish_id, None)
    post.sha256 = hasher.hexdigest() if hasher else ""
    if world.posts_today(post.user) >= world.app(post.client_key).post_cap:
        post.fail_reason = "spam_risk_too_many_posts"
    post.finish(world.now())
    caller = Caller(post.client_key, post.user, is_last_chunk=True)
    post.upload_forgotten = world.faults.take(("finished_upload_404",), "upload", caller) is not None
    world.posts.save(post)
    return Response(404, code="finished") if post.upload_forgotten else Response(201, code="finished")
