"""The HTTP server: one thread per connection, keep-alive, and connections that can be cut."""

import re
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FrameType

from tiktok.simulator import demo, dispatch
from tiktok.simulator.messages import Body, ConnectionLost, Refusal, Request, Response, refuse_bare
from tiktok.simulator.scheduler import Scheduler
from tiktok.simulator.world import World

IDLE_S = 300
LENGTH = re.compile(r"[0-9]{1,15}")


class Handler(BaseHTTPRequestHandler):
    """Reads requests and writes answers; independent of TikTok."""

    protocol_version = "HTTP/1.1"
    server_version = "SimulatedTikTok"
    disable_nagle_algorithm = True
    timeout = IDLE_S
    server: "Server"

    def serve(self) -> None:
        try:
            self.write(self.respond(self.make_request()))
        except (ConnectionLost, OSError):
            self.cut()

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = do_PATCH = do_OPTIONS = serve  # noqa: N815

    def make_request(self) -> Request:
        path, _, query = self.path.partition("?")
        length = self.headers.get("Content-Length", "0")
        is_length = LENGTH.fullmatch(length) is not None
        body = Body(self.rfile, int(length) if is_length else 0)
        if "Transfer-Encoding" in self.headers or not is_length:
            self.close_connection = True
        return Request(self.command, path, query, self.headers, body)

    def respond(self, request: Request) -> Response:
        """Answer after reading the rest of the body; otherwise the client would never see the answer."""
        try:
            response = dispatch.answer(self.server.world, request)
        except Refusal as refusal:
            response = refuse_bare(refusal)
        request.body.drain()
        return response

    def write(self, response: Response) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        body = response.body if self.command != "HEAD" else b""
        self.wfile.write(body[: len(body) // 2] if response.truncated else body)
        if response.truncated:
            self.cut()

    def cut(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: requests are in the records, and tokens stay out of logs."""


class Server(ThreadingHTTPServer):
    """Listens on loopback; its threads end with the process."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, world: World, host: str = "127.0.0.1") -> None:
        super().__init__((host, port), Handler)
        self.world = world
        world.base_url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a peer that disconnected; anything else goes to stderr as usual."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def seed(world: World, *, with_users: bool) -> None:
    """Give a new world, or one started with demo, its app and users."""
    if world.was_new or with_users:
        demo.make_app(world)
        demo.make_users(world)


def serve(
    world: World, *, port: int, host: str = "127.0.0.1", signals: Sequence[int] = (signal.SIGTERM, signal.SIGINT)
) -> None:
    """Announce the address and serve until a signal comes."""
    for number in signals:
        signal.signal(number, stop)
    with Server(port, world, host) as server:
        Scheduler(world).start()
        sys.stdout.write(f"listening on {world.base_url}\n")
        sys.stdout.flush()
        server.serve_forever()
