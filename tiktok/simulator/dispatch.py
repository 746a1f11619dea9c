"""Dispatch a request: find the endpoint, apply faults, act, record the result."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from urllib.parse import parse_qsl

from tiktok.simulator import consent, control, inbox, inits, oauth, permissions, posting, strikes, upload, users, videos
from tiktok.simulator.faults import WIRE_FAULTS, Caller, Fault
from tiktok.simulator.messages import (
    ConnectionLost,
    Json,
    Refusal,
    Request,
    Response,
    refuse_bare,
    refuse_flat,
    refuse_with_envelope,
    refuse_without_data,
    unsupported_path,
)
from tiktok.simulator.world import World

BODY_LIMIT = 1 << 20


@dataclass(frozen=True)
class Endpoint:
    """The handler of a path, and the shape of its refusals."""

    name: str
    act: Callable[[World, Request], Response]
    refuse: Callable[[Refusal], Response]


ENDPOINTS = {
    ("GET", "/v2/auth/authorize/"): Endpoint("authorize", consent.authorize, consent.error_page),
    ("POST", "/v2/auth/authorize/"): Endpoint("consent", consent.decide, consent.error_page),
    ("GET", permissions.PATH): Endpoint("permissions", permissions.show, permissions.refuse),
    ("POST", permissions.PATH): Endpoint("permissions", permissions.end, permissions.refuse),
    ("GET", inbox.PATH): Endpoint("inbox", inbox.show, permissions.refuse),
    ("POST", inbox.PATH): Endpoint("inbox", inbox.finish, permissions.refuse),
    ("POST", "/v2/oauth/token/"): Endpoint("token", oauth.token, refuse_flat),
    ("POST", "/v2/oauth/revoke/"): Endpoint("revoke", oauth.revoke, refuse_flat),
    ("GET", "/v2/user/info/"): Endpoint("user_info", users.user_info, refuse_with_envelope),
    ("POST", "/v2/post/publish/creator_info/query/"): Endpoint(
        "creator_info", posting.creator_info, refuse_with_envelope
    ),
    ("POST", "/v2/post/publish/video/init/"): Endpoint("video_init", inits.video_init, refuse_with_envelope),
    ("POST", "/v2/post/publish/inbox/video/init/"): Endpoint("inbox_init", inits.inbox_init, refuse_with_envelope),
    ("POST", "/v2/post/publish/content/init/"): Endpoint("content_init", inits.content_init, refuse_with_envelope),
    ("POST", "/v2/post/publish/status/fetch/"): Endpoint("status", posting.status_fetch, refuse_with_envelope),
    ("POST", "/v2/post/publish/cancel/"): Endpoint("cancel", posting.cancel, refuse_without_data),
    ("POST", "/v2/video/list/"): Endpoint("video_list", videos.video_list, refuse_with_envelope),
    ("POST", "/v2/video/query/"): Endpoint("video_query", videos.video_query, refuse_with_envelope),
    ("PUT", "/upload/"): Endpoint("upload", upload.upload, refuse_bare),
    ("PUT", "/_sink"): Endpoint("sink", upload.sink, refuse_bare),
}
# They read their body themselves, and lock the world only while no bytes are awaited.
STREAMS = ("upload", "sink")
AVATAR = Endpoint("avatar", users.avatar, refuse_bare)


def find_endpoint(request: Request) -> Endpoint | None:
    if request.method == "GET" and request.path.startswith("/avatars/"):
        return AVATAR
    return ENDPOINTS.get((request.method, request.path))


def answer(world: World, request: Request) -> Response:
    """Answer a request. Raises ConnectionLost when the connection has to end without a (whole) answer."""
    if request.path.startswith("/_sim/"):
        return control.answer(world, request)
    endpoint = find_endpoint(request)
    if endpoint is None:
        return unsupported_path()
    if endpoint.name not in STREAMS:
        request.content = request.body.read(BODY_LIMIT)
    with world.lock:
        caller = find_caller(world, request)
        fault = world.faults.take(WIRE_FAULTS, endpoint.name, caller)
        fault = fault or world.forecast.strike(endpoint.name, caller, request.body.length)
        record = open_records(world, endpoint, request, caller, fault)
    try:
        response = answer_despite(fault, world, endpoint, request, caller)
        complete(record, request, status=response.status, outcome=response.code)
    except ConnectionLost:
        complete(record, request, status=None, outcome="connection_lost")
        raise
    return response


def find_caller(world: World, request: Request) -> Caller:
    """Find the user by access token, upload URL, or the code or refresh token in a form."""
    params = request.loose_params()
    token = world.tokens.get(request.bearer())
    post = world.upload(params.get("upload_id", ""))
    form = dict(parse_qsl(request.content.decode("utf-8", "replace"))) if request.method == "POST" else {}
    sent = form.get("refresh_token") or form.get("token", "")
    found = token or post or world.tokens.get(sent) or world.codes.get(form.get("code", ""))
    if found is None:
        return Caller(form.get("client_key") or params.get("client_key", ""))
    return Caller(found.client_key, found.user, is_last_chunk=bool(post and ends_video(request)))


def ends_video(request: Request) -> bool:
    bounds = upload.parse_range(request)
    return bounds is not None and bounds[1] == bounds[2] - 1


def open_records(world: World, endpoint: Endpoint, request: Request, caller: Caller, fault: Fault | None) -> Json:
    record: Json = {
        "at": world.now(),
        "endpoint": endpoint.name,
        "method": request.method,
        "path": request.path,
        "client_key": caller.client_key,
        "user": caller.user,
        "status": None,
        "code": "",
        "fault": fault.fault if fault else "",
    }
    world.records.requests.append(record)
    if endpoint.name == "upload":
        request.put = upload.open_record(world, request)
        request.put["fault"] = record["fault"]
    return record


def complete(record: Json, request: Request, *, status: int | None, outcome: str) -> None:
    record.update(status=status, code=outcome)
    request.put.update(status=status, outcome=outcome, received=request.body.received)


def answer_despite(fault: Fault | None, world: World, endpoint: Endpoint, request: Request, caller: Caller) -> Response:
    """Answer with the fault applied, before or after the act itself."""
    if fault is None:
        return act(world, endpoint, request)
    refused = strikes.before(fault, world, endpoint.refuse, request, caller)
    if refused is not None:
        request.body.drain()
        return refused
    return strikes.after(fault, world, endpoint.refuse, act(world, endpoint, request))


def act(world: World, endpoint: Endpoint, request: Request) -> Response:
    """Run the handler under the lock, except for streams."""
    with nullcontext() if endpoint.name in STREAMS else world.lock:
        try:
            return endpoint.act(world, request)
        except Refusal as refusal:
            return endpoint.refuse(refusal)
