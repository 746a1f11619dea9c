"""The endpoint for TikTok's webhooks: no session, no CSRF token; only the signature is trusted."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core.jobs.nudge import nudge
from tiktok.api.webhooks import Malformed
from tiktok.webhooks import services

# TikTok's deliveries are below one kilobyte.
MOST_BYTES: Final = 256 * 1024


@csrf_exempt
@require_POST
def tiktok(request: HttpRequest) -> HttpResponse:
    """Store the delivery and confirm it; it is applied later. TikTok repeats any delivery not answered with 200."""
    body = read_body(request)
    if body is None:
        return _say("Too large.", 413)
    try:
        delivery_id = services.receive(body, request.headers.get("TikTok-Signature", ""))
    except Malformed:
        return _say("Not a delivery.", 400)
    except services.Refused:
        return _say("Not signed by TikTok.", 401)
    except services.Unreadable:
        return _say("Try again later.", 503)
    if delivery_id is not None:
        nudge("apply_delivery", delivery_id)
    return _say("Stored.", 200)


def read_body(request: HttpRequest) -> bytes | None:
    """Return the raw bytes, or None, with nothing more read, when there are too many."""
    length = request.headers.get("Content-Length", "")
    if length.isdecimal() and int(length[:12]) > MOST_BYTES:
        return None
    try:
        body: bytes = request.read(MOST_BYTES + 1)
    except OSError:  # the sender disconnected
        return b""
    return body if len(body) <= MOST_BYTES else None


def _say(text: str, status: int) -> HttpResponse:
    return HttpResponse(text + "\n", status=status, content_type="text/plain; charset=utf-8")
