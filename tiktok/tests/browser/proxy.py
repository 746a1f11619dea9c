"""A proxy in front of the product, as operators have one: it limits request bodies, and answers in HTML of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, cast
from urllib.parse import urlsplit

PAGE: Final = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center><hr>proxy</body></html>"
HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding"})


class Proxy(ThreadingHTTPServer):
    """``body_limit``: larger bodies get 413. ``down``: how many requests with a body get 502. Keeps its refusals."""

    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = urlsplit(target).netloc
        self.url = f"http://localhost:{self.server_address[1]}"
        self.body_limit, self.down = 1 << 60, 0
        self.refused: list[int] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._pass_on()

    def do_HEAD(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def do_PATCH(self) -> None:
        self._pass_on()

    def do_DELETE(self) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        proxy, length = cast(Proxy, self.server), int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if length > proxy.body_limit:
            self._refuse(413)
        elif length and proxy.down:
            proxy.down -= 1
            self._refuse(502)
        else:
            self._forward(proxy.target, body)

    def _refuse(self, status: int) -> None:
        cast(Proxy, self.server).refused.append(status)
        page = PAGE.format(status).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def _forward(self, target: str, body: bytes) -> None:
        connection = HTTPConnection(target)
        try:
            connection.request(self.command, self.path, body or None, dict(self.headers))
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP | {"content-length", "server", "date"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Keep quiet."""


@contextmanager
def proxy_for(target: str) -> Iterator[Proxy]:
    """Run a proxy in a thread."""
    with Proxy(target) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        yield proxy
        proxy.shutdown()
