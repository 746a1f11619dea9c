"""A web server with media for TikTok to pull: ranges, HEAD, a record of every request, and misbehaviour on request."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass
class Served:
    """One request and its answer."""

    method: str
    path: str
    range: str
    status: int


@dataclass
class Page:
    """The answers of an address. ``statuses`` are used up in turn before the content is served; the next answers break
    off after ``cuts`` bytes; while ``gate`` is not set, nothing after the head is sent.
    """

    content: bytes
    statuses: list[int] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    has_ranges: bool = True
    gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()


class MediaServer(ThreadingHTTPServer):
    """Serves ``pages`` by path, and records what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), MediaHandler)
        self.pages: dict[str, Page] = {}
        self.served: list[Served] = []

    @property
    def prefix(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/m/"

    def add(self, name: str, content: bytes) -> Page:
        """Serve this content at the prefix; its page can be changed."""
        self.pages[f"/m/{name}"] = page = Page(content)
        return page

    def url(self, name: str) -> str:
        return self.prefix + name

    def close(self) -> None:
        for page in self.pages.values():
            page.gate.set()
        self.shutdown()


class MediaHandler(BaseHTTPRequestHandler):
    server: MediaServer

    def do_GET(self) -> None:
        page = self.server.pages.get(self.path.partition("?")[0], Page(b"", statuses=[404]))
        status = page.statuses.pop(0) if page.statuses else 200
        asked = self.headers.get("Range", "")
        first, last = self.bounds(page, asked) if status == 200 and page.has_ranges else (0, len(page.content) - 1)
        body = page.content[first : last + 1] if status == 200 else b""
        status = 206 if status == 200 and asked and page.has_ranges else status
        self.server.served.append(Served(self.command, self.path, asked, status))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if status == 206:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(page.content)}")
        for name, value in page.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            page.gate.wait()
            with suppress(OSError):
                self.wfile.write(body[: page.cuts.pop(0)] if body and page.cuts else body)

    do_HEAD = do_GET  # noqa: N815

    def bounds(self, page: Page, asked: str) -> tuple[int, int]:
        """The first and last byte that a Range header asks for."""
        end = len(page.content) - 1
        match = RANGE.fullmatch(asked)
        if match is None:
            return 0, end
        if not match[1]:
            return max(0, len(page.content) - int(match[2])), end
        return int(match[1]), min(end, int(match[2])) if match[2] else end

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def serving_media() -> Iterator[MediaServer]:
    with MediaServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        yield server
        server.close()
        thread.join()
