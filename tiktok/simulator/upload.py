"""PUT /upload/: chunks in order, exactly as announced by the init; bytes are counted and hashed, not kept."""

import re

from tiktok.simulator.faults import Caller
from tiktok.simulator.messages import Json, Refusal, Request, Response
from tiktok.simulator.posts import Post
from tiktok.simulator.received import Received
from tiktok.simulator.world import World

RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})")
CONTENT_TYPES = ("video/mp4", "video/quicktime", "video/webm")


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
        known = world.uploads.get(post.publish_id) if post.uploaded_bytes else begin(world)
        received = known.copy() if known else None
    first = post.uploaded_bytes
    read_body(request, received)
    with world.lock:
        return commit(world, request, post, first, received)


def begin(world: World) -> Received:
    return Received(is_hashed=world.settings.hash_uploads)


def sink(world: World, request: Request) -> Response:
    """Receive any bytes like those of an upload and discard them, for comparison with uploads."""
    read_body(request, begin(world))
    return Response(201, code="ok")


def read_body(request: Request, received: Received | None) -> None:
    for block in request.body.blocks():
        if received:
            received.update(block)


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


def commit(world: World, request: Request, post: Post, first: int, received: Received | None) -> Response:
    """Count the chunk, unless the task ended or another request delivered it in the meantime."""
    if check(world, request).uploaded_bytes != first:
        raise Refusal(416, "range_mismatch", "The range does not match the progress")
    post.uploaded_bytes += request.body.length
    request.put["stored"] = True
    post.content_type = request.media_type()
    if received:
        world.uploads[post.publish_id] = received
        if first == 0 and world.app(post.client_key).check_format and not received.is_video():
            post.outcome = "file_format_check_failed"
    if post.uploaded_bytes < post.video_size:
        world.save_post(post)
        return Response(206, code="stored")
    return finish(world, post)


def finish(world: World, post: Post) -> Response:
    """Finish the upload; without its first bytes (a restart in between) ``sha256`` stays empty."""
    if received := world.uploads.pop(post.publish_id, None):
        post.sha256, post.duration_s = received.sha256, received.duration_s
    caller = Caller(post.client_key, post.user, is_last_chunk=True)
    post.upload_forgotten = world.faults.take(("finished_upload_404",), "upload", caller) is not None
    world.finish_transfer(post)
    return Response(404, code="finished") if post.upload_forgotten else Response(201, code="finished")
