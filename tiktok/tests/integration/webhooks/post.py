"""Deliveries as TikTok sends them, signed by hand; not by the product's code."""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.test import Client

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse

    Answer = _MonkeyPatchedWSGIResponse
else:
    Answer = HttpResponse

URL = "/webhooks/tiktok/"


def delivery(client_key: str, event: str = "authorization.removed", **fields: Any) -> bytes:
    """A body; ``content`` is given as a dictionary and goes as JSON inside a string."""
    content = fields.pop("content", {"reason": 1})
    body = {
        "client_key": client_key, "event": event, "create_time": int(time.time()), "user_openid": "open-1",
        "content": json.dumps(content),
    }  # fmt: skip
    return json.dumps(body | fields).encode()


def signature(body: bytes, secret: str = "app-secret", *, at: float | None = None) -> str:
    """The header's value."""
    signed_at = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), signed_at.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={signed_at},s={digest}"


@dataclass(frozen=True)
class Post:
    """Knocks with any body and any signature; by default a good one."""

    client: Client

    def __call__(
        self, body: bytes, header: str | None = None, *, secret: str = "app-secret", at: float | None = None
    ) -> Answer:
        value = signature(body, secret, at=at) if header is None else header
        return self.client.generic("POST", URL, body, "application/json", headers={"TikTok-Signature": value})
