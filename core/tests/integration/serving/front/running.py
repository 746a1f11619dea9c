"""The front on a port of its own, with small limits, before an application that tells what reached it."""

import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

import uvicorn
from django.test import override_settings

from core.serving.front.application import Front
from core.serving.front.limits import Limits
from core.serving.front.protocol import BoundedProtocol
from core.serving.front.threads import WsgiApplication
from core.tests.integration.serving.front.waiting import until

QUICK: Final = Limits(header_s=0.4, silence_s=0.5, grace_s=0.3, linger_s=0.2, piece_bytes=100_000, piece_s=60.0)
Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


@dataclass
class Told:
    """One call of the application."""

    environ: Environ
    body: bytes
    error: OSError | None = None


@dataclass
class Recorder:
    """A WSGI application that reads its body and keeps what came. ``answers`` decides by path; 200 otherwise."""

    calls: list[Told] = field(default_factory=list)
    answers: dict[str, Callable[[Environ, StartResponse], Iterable[bytes]]] = field(default_factory=dict)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if answer := self.answers.get(environ["PATH_INFO"]):
            return answer(environ, start_response)
        self.keep(environ)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"fine"]

    def keep(self, environ: Environ) -> Told:
        length, body, error = int(environ.get("CONTENT_LENGTH") or 0), b"", None
        try:
            body = environ["wsgi.input"].read(length)
        except OSError as fault:
            error = fault
        told = Told(environ, body, error)
        self.calls.append(told)
        return told

    def hold(self, path: str, body: bytes = b"") -> threading.Event:
        """Answer this path with ``body``, once the event is set that is returned."""
        release = threading.Event()

        def answer(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
            release.wait(20)
            self.keep(environ)
            start_response("200 OK", [])
            return [body]

        self.answers[path] = answer
        return release

    @property
    def bodies(self) -> list[bytes]:
        return [told.body for told in self.calls]


class Line:
    """A connection of a client that sends what and when it likes."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0))

    def send(self, data: bytes) -> Self:
        self.socket.sendall(data)
        return self

    def answer(self) -> bytes:
        """All that comes until the server closes the line."""
        parts = []
        while block := self.socket.recv(65536):
            parts.append(block)
        return b"".join(parts)

    def until(self, end: bytes) -> bytes:
        """Return everything up to the end."""
        came = b""
        while not came.endswith(end):
            came += self.socket.recv(65536)
        return came

    def head(self) -> bytes:
        """Return the first bytes."""
        return self.socket.recv(65536)

    def close(self) -> None:
        self.socket.close()


def request(method: str, path: str, *headers: str, body: bytes = b"", length: int | None = None) -> bytes:
    """A request whose length may be more than what is sent; it asks the server to close afterwards."""
    said = len(body) if length is None else length
    lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Content-Length: {said}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@dataclass
class Running:
    """Where it listens, and what reached the application if that is a recorder."""

    port: int
    recorder: Recorder | None
    front: Front
    lines: list[Line] = field(default_factory=list)

    @property
    def application(self) -> Recorder:
        assert self.recorder is not None
        return self.recorder

    def line(self, data: bytes = b"", source: str = "127.0.0.1") -> Line:
        line = Line(self.port, source)
        self.lines.append(line)
        return line.send(data) if data else line

    def ask(self, data: bytes) -> bytes:
        return self.line(data).answer()


@contextmanager
def running(
    scratch: Path, application: WsgiApplication | None = None, *, proxies: int = 0, **limits: Any
) -> Iterator[Running]:
    """Serve in a thread of this process."""
    application, chosen = application or Recorder(), replace(QUICK, **limits)
    recorder = application if isinstance(application, Recorder) else None
    front = Front(application, limits=chosen, scratch=scratch)

    class Protocol(BoundedProtocol):
        limits, is_behind_proxy, open_by_client = chosen, bool(proxies), Counter()

    with (
        override_settings(TRUSTED_PROXY_COUNT=proxies),
        socket.create_server(("127.0.0.1", 0), backlog=200) as listening,
    ):
        config = uvicorn.Config(
            front, http=Protocol, ws="none", lifespan="off", interface="asgi3", log_config=None, loop="asyncio",
            timeout_keep_alive=chosen.keep_alive_s, timeout_graceful_shutdown=1,
        )  # fmt: skip
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        until(lambda: server.started)
        here = Running(listening.getsockname()[1], recorder, front)
        try:
            yield here
        finally:
            for line in here.lines:
                line.close()
            server.should_exit = True
            thread.join(timeout=10)
    assert not Protocol.open_by_client, "every connection is counted down again"
