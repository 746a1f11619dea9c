"""Effects of a fault on one request."""

import time
from collections.abc import Callable

from tiktok.simulator.faults import Caller, Fault
from tiktok.simulator.messages import ConnectionLost, Refusal, Request, Response, refuse_flat
from tiktok.simulator.world import World

Refuse = Callable[[Refusal], Response]
HTML = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"

# With ``after`` these act first, as behind a gateway that gave up waiting.
LATE_REFUSALS = ("server_error", "html_error")


def before(fault: Fault, world: World, refuse: Refuse, request: Request, caller: Caller) -> Response | None:
    """Return the answer that replaces the act, if the fault prevents it. Raises ConnectionLost."""
    if fault.fault == "drop_connection":
        drop(fault, request)
    elif fault.fault == "slow":
        slow(fault, request)
    elif fault.fault == "revoked_grant":
        with world.lock:
            world.revoke(caller.client_key, caller.user)
    elif fault.fault == "expired_upload_url":
        expire_url(world, request)
    elif not strikes_after(fault):
        return refusal(fault, world, refuse)
    return None


def strikes_after(fault: Fault) -> bool:
    """Return whether the act is done and only its answer is damaged."""
    return fault.fault in ("lost_answer", "truncated_json") or (fault.after and fault.fault in LATE_REFUSALS)


def drop(fault: Fault, request: Request) -> None:
    """Drop the connection at once, or after so many bytes of the body."""
    if fault.after_bytes is None:
        raise ConnectionLost
    request.body.cut_after = fault.after_bytes


def slow(fault: Fault, request: Request) -> None:
    request.body.bytes_per_s = fault.bytes_per_s
    if not fault.after:
        time.sleep(fault.delay_s)


def expire_url(world: World, request: Request) -> None:
    with world.lock:
        post = world.upload(request.loose_params().get("upload_id", ""))
        if post:
            post.url_expires_at = world.now()
            world.posts.save(post)


def refusal(fault: Fault, world: World, refuse: Refuse) -> Response:
    if fault.fault == "html_error":
        return Response(fault.status or 502, HTML, "text/html", code="html_error")
    if fault.fault == "redirect":
        elsewhere = {"Location": f"{world.base_url}/elsewhere/"}
        return Response(fault.status or 302, headers=elsewhere, code="redirect")
    if fault.fault == "raw_body":
        body = fault.message.encode() + b" " * (fault.after_bytes or 0)
        return Response(fault.status or 200, body, "application/json", code="raw_body")
    is_flat = refuse is refuse_flat
    if fault.fault == "rate_limit":
        return refuse(Refusal(429, "rate_limit_exceeded", "The API rate limit was exceeded"))
    if fault.fault == "server_error":
        code = "server_error" if is_flat else "internal_error"
        return refuse(Refusal(fault.status or 500, fault.code or code, "Something went wrong"))
    return refuse(Refusal(fault.status or (200 if is_flat else 400), fault.code, fault.message))


def after(fault: Fault, world: World, refuse: Refuse, response: Response) -> Response:
    """Damage the answer after the act, if the fault says so. Raises ConnectionLost."""
    if fault.after and fault.fault in LATE_REFUSALS:
        return refusal(fault, world, refuse)
    if fault.fault == "lost_answer":
        raise ConnectionLost
    if fault.fault == "truncated_json":
        response.truncated = True
    if fault.fault == "slow" and fault.after:
        time.sleep(fault.delay_s)
    return response
