"""Plain HTTP/1.1 over sockets of one's own: from any loopback address, at any pace, unfinished if need be."""

import asyncio
import resource
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final, Self
from urllib.parse import urlsplit

IP_BIND_ADDRESS_NO_PORT: Final = 24
DIAL_S: Final = 15.0
READ_BYTES: Final = 64 * 1024
MOST_KEPT_BYTES: Final = 1_000_000
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
# All that can happen to a connection, with a server that hangs up included.
FAULTS: Final = (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError)


@dataclass(frozen=True)
class Target:
    """Where the product answers; ``is_tls`` without any check of its certificate."""

    port: int
    host: str
    is_tls: bool = False

    @classmethod
    def of(cls, url: str) -> Self:
        """Return the target of an address such as https://localhost:8443."""
        parts = urlsplit(url)
        return cls(int(parts.port or 0), str(parts.hostname), parts.scheme == "https")

    @property
    def origin(self) -> str:
        """Scheme, host and port, as browsers name a site."""
        return f"{'https' if self.is_tls else 'http'}://{self.host}:{self.port}"


@dataclass(frozen=True)
class Answer:
    """An answer; status 0 means that none came. Bodies are cut off at a megabyte."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


NONE: Final = Answer(0)


def raise_file_limit() -> None:
    """Allow this process as many open sockets as the system does."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


_context: Final = _tls()


@asynccontextmanager
async def dialled(target: Target, source: str, *, window_bytes: int = 0) -> AsyncIterator[Stream]:
    """Connect from ``source``; with ``window_bytes`` the kernel takes in little more than that unread."""
    end = socket.socket()
    try:
        end.setblocking(False)
        end.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        if window_bytes:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window_bytes)
        end.bind((source, 0))
        async with asyncio.timeout(DIAL_S):
            await asyncio.get_running_loop().sock_connect(end, ("127.0.0.1", target.port))
    except BaseException:
        end.close()
        raise
    reader, writer = await _open(end, target, window_bytes)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def _open(end: socket.socket, target: Target, window_bytes: int) -> Stream:
    """Open the streams of a connected socket, which from here on belongs to its transport.

    A handshake that is given up leaves the transport behind for a moment. The socket is only shut down then: if it
    were closed, its number would go to the next socket while the transport still listens to it.
    """
    more: dict[str, Any] = {"ssl": _context, "server_hostname": target.host} if target.is_tls else {}
    try:
        async with asyncio.timeout(DIAL_S):
            return await asyncio.open_connection(sock=end, limit=max(window_bytes, 4096), **more)
    except BaseException:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        raise


def head(target: Target, method: str, path: str, headers: Mapping[str, str]) -> bytes:
    """Return a request up to its body."""
    named = {"Host": f"{target.host}:{target.port}", "Connection": "close", **headers}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items()), "", ""]
    return "\r\n".join(lines).encode()


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """Read until the server closes, keeping what fits."""
    kept, total = bytearray(), 0
    while block := await reader.read(READ_BYTES):
        total += len(block)
        kept += block[: max(0, MOST_KEPT_BYTES - len(kept))]
    return parsed(bytes(kept))


def parsed(answer: bytes) -> Answer:
    """Return status, headers (names in lower case) and body of an answer; NONE for an empty one."""
    top, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = top.decode("latin-1").split("\r\n")
    words = first.split(" ", 2)
    if len(words) < 2 or not words[1].isdigit():
        return NONE
    pairs = (line.partition(":") for line in lines)
    return Answer(int(words[1]), {name.lower(): value.strip() for name, _, value in pairs}, body)


async def ask(
    target: Target,
    source: str,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes = b"",
    *,
    timeout_s: float,
) -> Answer:
    """Send one request on a connection of its own; NONE when it was not answered in time."""
    if body or method in {"POST", "PATCH"}:
        headers = {**headers, "Content-Length": str(len(body))}
    try:
        async with asyncio.timeout(timeout_s), dialled(target, source) as (reader, writer):
            answer = asyncio.create_task(read_answer(reader))
            try:
                writer.write(head(target, method, path, headers) + body)
                return await answer
            finally:
                answer.cancel()
    except FAULTS:
        return NONE
