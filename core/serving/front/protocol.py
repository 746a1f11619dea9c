"""HTTP/1.1 with a time limit and a size for headers, and a cap on connections."""

import asyncio
from collections import Counter
from http import HTTPStatus
from typing import Any, ClassVar, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from core.serving.front.limits import Limits
from core.serving.front.problems import own_answer

# The extension of a request's scope with which the application ends its connection at once.
ABORT: Final = "clipdesk.abort"


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, limited: by itself it waits for headers forever and keeps any number of them.

    Counts are those of one process. ``is_behind_proxy``: all connections come from the proxy, so only the requests are
    counted by client, in the application.
    """

    limits: ClassVar[Limits] = Limits()
    is_behind_proxy: ClassVar[bool] = False
    open_by_client: ClassVar[Counter[str]] = Counter()

    _header_timer: asyncio.TimerHandle | None = None
    _write_timer: asyncio.TimerHandle | None = None
    _header_bytes = 0
    _is_in_headers = False
    _is_counted = False
    _has_asked = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept the connection, or refuse it when there are too many."""
        super().connection_made(transport)
        if self._is_one_too_many():
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        self.open_by_client[self._address()] += 1
        self._is_counted = True
        self._start_header_timer()

    def _address(self) -> str:
        return self.client[0] if self.client else ""

    def _is_one_too_many(self) -> bool:
        if len(self.connections) > self.limits.connections:
            return True
        return not self.is_behind_proxy and self.open_by_client[self._address()] >= self.limits.connections_per_client

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_header_timer()
        self._stop_write_timer()
        if self._is_counted:
            self._is_counted = False
            self.open_by_client.subtract([self._address()])
            if not self.open_by_client[self._address()]:
                del self.open_by_client[self._address()]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse the data; limit the headers."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self._is_in_headers and not self.transport.is_closing():
            self._header_bytes += len(data)
            if self._header_bytes > self.limits.header_bytes:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        """Begin another request on this connection."""
        super().on_message_begin()
        self.scope["extensions"] = {ABORT: self.transport.abort}  # type: ignore[dict-item]
        self._has_asked = self._is_in_headers = True
        self._header_bytes = 0
        if self._header_timer is None:
            self._start_header_timer()

    def on_headers_complete(self) -> None:
        """Start the request, unless its headers are too long or too many."""
        self._is_in_headers = False
        self._stop_header_timer()
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > self.limits.header_bytes or len(self.headers) > self.limits.headers:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            return
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Keep the data, unless its request was refused."""
        if self.cycle is not None:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """End the request, unless it was refused."""
        if self.cycle is not None:
            super().on_message_complete()

    def pause_writing(self) -> None:
        """Start the time that the lowest rate allows, since more waits to be sent than its reader takes."""
        super().pause_writing()
        self._stop_write_timer()
        self._abort_after(self.transport.get_write_buffer_size() / self.limits.lowest_rate)

    def resume_writing(self) -> None:
        """Stop the time limit, since the reader took the data."""
        super().resume_writing()
        self._stop_write_timer()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection, also one whose client never took the end of an answer."""
        super().timeout_keep_alive_handler()
        if self._write_timer is None:
            self._abort_after(0)

    def _abort_after(self, seconds: float) -> None:
        self._write_timer = self.loop.call_later(self.limits.grace_s + seconds, self.transport.abort)

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _start_header_timer(self) -> None:
        self._header_timer = self.loop.call_later(self.limits.header_s, self._headers_too_slow)

    def _stop_header_timer(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _headers_too_slow(self) -> None:
        self._header_timer = None
        if self.transport.is_closing():
            return
        if self._is_in_headers:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        elif not self._has_asked:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Refuse anything but HTTP: with a problem if the path was read before the fault."""
        self._refuse(HTTPStatus.BAD_REQUEST, msg)

    def _refuse(self, status: HTTPStatus, text: str = "") -> None:
        """Answer without the application, and close."""
        path = getattr(self, "url", b"").decode("latin-1")
        kind, body = own_answer(path, status.value, text or status.phrase)
        head = [
            f"HTTP/1.1 {status.value} {status.phrase}",
            f"Content-Type: {kind}",
            f"Content-Length: {len(body)}",
            "Connection: close",
        ]
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            head.append("Retry-After: 5")
        self.transport.write("\r\n".join([*head, "", ""]).encode("ascii") + body)
        self.transport.close()

    def _unsupported_upgrade_warning(self) -> Any:
        """Ignore an unknown upgrade (RFC 9110, 7.8) without a line in the log for each."""
