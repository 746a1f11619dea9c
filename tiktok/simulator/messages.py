"""HTTP messages: requests, answers, refusals, and bodies too large for memory."""

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from typing import Any, Protocol
from urllib.parse import parse_qsl

Json = dict[str, Any]
BLOCK_BYTES = 1 << 20
SLOW_READS_PER_S = 20


class Refusal(Exception):
    """The documented answer to input that TikTok does not accept; each endpoint has its own shape."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class ConnectionLost(Exception):
    """The connection ends here: the peer disconnected, or a fault requires it."""


class Readable(Protocol):
    """The part of a buffered socket file that bodies need."""

    def readinto1(self, buffer: memoryview, /) -> int: ...


class Body:
    """The bytes of one request, read as they come through one reused buffer."""

    def __init__(self, source: Readable | None = None, length: int = 0) -> None:
        self.length = length
        self.received = 0
        self.cut_after: int | None = None
        self.bytes_per_s: float = 0
        self._began = 0.0
        self._source = source

    def blocks(self) -> Iterator[memoryview]:
        """Yield blocks, each valid until the next. Raises ConnectionLost."""
        buffer = memoryview(bytearray(min(BLOCK_BYTES, max(self.length, 1))))
        while self.received < self.length:
            yield buffer[: self._fill(buffer)]

    def _fill(self, buffer: memoryview) -> int:
        wanted = min(len(buffer), self.length - self.received)
        if self.cut_after is not None:
            wanted = min(wanted, self.cut_after - self.received)
        if self.bytes_per_s:
            wanted = min(wanted, max(1, int(self.bytes_per_s / SLOW_READS_PER_S)))
        try:
            count = self._source.readinto1(buffer[:wanted]) if self._source and wanted > 0 else 0
        except OSError as error:
            raise ConnectionLost from error
        if not count:
            raise ConnectionLost
        self.received += count
        self._keep_pace()
        return count

    def _keep_pace(self) -> None:
        """Sleep so that the whole body arrives at ``bytes_per_s``, catching up after delays."""
        if self.bytes_per_s:
            self._began = self._began or time.monotonic()
            time.sleep(max(0.0, self._began + self.received / self.bytes_per_s - time.monotonic()))

    def read(self, limit: int) -> bytes:
        """Return all of a small body. Raises Refusal above ``limit`` bytes."""
        if self.length > limit:
            raise Refusal(413, "invalid_params", "The request body is too large")
        return b"".join(bytes(block) for block in self.blocks())

    def drain(self) -> None:
        """Receive the rest, since a client that is still sending does not read the answer."""
        for _ in self.blocks():
            pass


@dataclass
class Request:
    """One HTTP request; uploads read ``body`` themselves, leave ``content`` empty, and are recorded in ``put``."""

    method: str
    path: str
    query: str = ""
    headers: Message = field(default_factory=Message)
    body: Body = field(default_factory=Body)
    content: bytes = b""
    put: Json = field(default_factory=dict)

    def params(self) -> dict[str, str]:
        """Return the query parameters. Raises Refusal when one is sent twice."""
        twice = Refusal(400, "invalid_params", "A query parameter was sent twice")
        return _unique(parse_qsl(self.query, keep_blank_values=True), twice)

    def loose_params(self) -> dict[str, str]:
        """Return the query parameters without checks, to identify the user."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def form(self) -> dict[str, str]:
        """Return the form fields. Raises Refusal for another content type or a doubled field."""
        if self.media_type() != "application/x-www-form-urlencoded":
            raise Refusal(200, "invalid_request", "Content-Type must be application/x-www-form-urlencoded.")
        twice = Refusal(200, "invalid_request", "A form field was sent twice.")
        return _unique(parse_qsl(self.content.decode("utf-8", "replace"), keep_blank_values=True), twice)

    def json(self) -> Json:
        """Return the JSON object. Raises Refusal for anything else."""
        if self.media_type() != "application/json":
            raise Refusal(400, "invalid_params", "Content-Type must be application/json; charset=UTF-8")
        try:
            value = json.loads(self.content)
        except (ValueError, RecursionError) as error:
            raise Refusal(400, "invalid_params", "The request body is not valid JSON") from error
        if not isinstance(value, dict):
            raise Refusal(400, "invalid_params", "The request body is not a JSON object")
        return value

    def media_type(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def bearer(self) -> str:
        kind, _, token = self.headers.get("Authorization", "").partition(" ")
        return token if kind == "Bearer" else ""


def _unique(pairs: list[tuple[str, str]], twice: Refusal) -> dict[str, str]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise twice
    return dict(pairs)


@dataclass
class Response:
    """One HTTP answer; ``truncated`` promises the whole body and breaks off half-way."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    code: str = ""
    truncated: bool = False


def log_id() -> str:
    return time.strftime("%Y%m%d%H%M%S") + secrets.token_hex(9).upper()


def json_response(value: object, *, status: int = 200, code: str = "ok") -> Response:
    return Response(status, json.dumps(value).encode(), "application/json; charset=utf-8", code=code)


def envelope(data: Json, *, code: str = "ok", message: str = "", status: int = 200) -> Response:
    """Return the shape of user, video and posting endpoints, on success and on failure."""
    error = {"code": code, "message": message, "log_id": log_id()}
    return json_response({"data": data, "error": error}, status=status, code=code)


def error_only(*, code: str = "ok", message: str = "", status: int = 200) -> Response:
    """Return the shape of ``cancel``: an envelope without data."""
    error = {"code": code, "message": message, "log_id": log_id()}
    return json_response({"error": error}, status=status, code=code)


def refuse_without_data(refusal: Refusal) -> Response:
    return error_only(code=refusal.code, message=refusal.message, status=refusal.status)


def refuse_with_envelope(refusal: Refusal) -> Response:
    return envelope({}, code=refusal.code, message=refusal.message, status=refusal.status)


def refuse_flat(refusal: Refusal) -> Response:
    """Return the shape of OAuth failures: ``error`` is a string."""
    body = {"error": refusal.code, "error_description": refusal.message, "log_id": log_id()}
    return json_response(body, status=refusal.status, code=refusal.code)


def refuse_bare(refusal: Refusal) -> Response:
    """Return the shape of upload failures: only a status."""
    return Response(refusal.status, code=refusal.code)


def unsupported_path() -> Response:
    return Response(404, b"Unsupported path(Janus)", code="unsupported_path")
