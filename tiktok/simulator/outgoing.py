"""Requests that TikTok sends to others: webhooks, verification files, media."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

AGENT = "SimulatedTikTok"
# A host name that cannot be encoded is a UnicodeError.
FAULTS = (OSError, UnicodeError, http.client.HTTPException)


@contextmanager
def answer_to(
    method: str, url: str, *, timeout_s: float, body: bytes | None = None, headers: dict[str, str] | None = None
) -> Iterator[http.client.HTTPResponse]:
    """Send one request without following redirects. Raises one of ``FAULTS``."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=timeout_s)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, target, body, {"User-Agent": AGENT, **(headers or {})})
        yield connection.getresponse()
    finally:
        connection.close()
