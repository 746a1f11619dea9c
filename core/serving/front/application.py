"""The ASGI application in front of the WSGI one: bodies and answers in the loop, computing in threads."""

import asyncio
import io
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from core.serving.front.bodies import Incoming, LineDropped, Receive, Stream, TooLong, TooSlow, receive_whole
from core.serving.front.environ import Environ, Scope, environ_of, kind_of, with_body
from core.serving.front.files import CutShort, OpenFile
from core.serving.front.limits import Limits
from core.serving.front.pieces import CONTENT_TYPE as RESUMABLE
from core.serving.front.pieces import Held, Pieces, is_resumable
from core.serving.front.protocol import ABORT
from core.serving.front.threads import Answer, Header, Pool, WsgiApplication, busy, text_answer, worded
from core.web.client import client_address

Send = Callable[[dict[str, Any]], Awaitable[None]]
PULSE_PATH: Final = "/healthz"
FORM: Final = "multipart/form-data"
CLOSE: Final[Header] = (b"connection", b"close")
NO_CONTENT: Final = frozenset({204, 304})
LAST: Final[dict[str, Any]] = {"type": "http.response.body", "body": b"", "more_body": False}
log = logging.getLogger("clipdesk.access")


class Front:
    """Receives bodies and sends answers in the loop; threads compute. One object for each process.

    Four pools separate requests that would otherwise wait for each other: pages, resumable uploads, forms with large
    files (a thread each, for lack of a better way), and the health check.
    """

    def __init__(self, application: WsgiApplication, *, limits: Limits, scratch: Path) -> None:
        self.limits, self._scratch = limits, scratch
        self._pages = Pool(application, limits.page_threads, "page", limits.queue)
        self._uploads = Pool(application, limits.upload_threads, "upload", limits.queue, after=self._pages)
        self._forms = Pool(application, limits.form_threads, "form", limits.queue)
        self._pulse = Pool(application, 2, "pulse", limits.queue)
        self._disk = ThreadPoolExecutor(4, thread_name_prefix="disk")
        self.held = Held(most=limits.pieces_bytes)
        self._requests: Counter[str] = Counter()
        self._streams: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise ValueError(f"not served: {scope['type']}")
        began, environ, headers = time.monotonic(), environ_of(scope), dict(scope["headers"])
        client, length = client_address(environ), _length(headers)
        incoming = Incoming(receive, self.limits, has_body=bool(length) or b"transfer-encoding" in headers)
        try:
            answer = worded(await self._answer_counted(environ, incoming, length, client), environ)
        except LineDropped:
            return
        sent = await self._send(answer, incoming, receive, send, abort=scope["extensions"][ABORT])
        took_ms = round((time.monotonic() - began) * 1000)
        log.info('%s "%s %s" %s %s %sms', client, scope["method"], scope["path"], answer.status, sent, took_ms)

    async def _answer_counted(self, environ: Environ, incoming: Incoming, length: int | None, client: str) -> Answer:
        """Answer within the number of requests that one client may have open at once."""
        if environ["PATH_INFO"] == PULSE_PATH and environ["REQUEST_METHOD"] in {"GET", "HEAD"}:
            return await self._pulse.answer(with_body(environ, io.BytesIO(), 0))
        if self._requests[client] >= self.limits.requests_per_client:
            return busy()
        self._requests[client] += 1
        try:
            return await self._answer(environ, incoming, length, client)
        except TooSlow:
            return text_answer(408, "The request arrived too slowly.")
        finally:
            self._requests -= Counter({client: 1})

    async def _answer(self, environ: Environ, incoming: Incoming, length: int | None, client: str) -> Answer:
        if is_resumable(environ, length):
            pieces = Pieces(environ, incoming, self._uploads.answer, self.limits, self.held, self._scratch)
            return await pieces.run()
        if length is not None and length > self.limits.body_bytes:
            return await self._answer_long(environ, incoming, length, client)
        try:
            body, received = await receive_whole(incoming, self.limits, self._scratch)
        except TooLong:
            if _is_streamed(environ):  # it may be of any length, but only a length that is known can be streamed
                return text_answer(411, "Send a body of this size with a Content-Length header, not chunked.")
            return await self._refuse_long(environ, self.limits.body_bytes + 1)
        pool = self._uploads if _is_upload(environ) else self._pages
        with body:
            return await pool.answer(with_body(environ, body, received))

    async def _answer_long(self, environ: Environ, incoming: Incoming, length: int, client: str) -> Answer:
        """Stream a form with a large file through a thread of its own; refuse other long bodies unread."""
        if not _is_streamed(environ):
            return await self._refuse_long(environ, length)
        if self._streams[client] >= self.limits.forms_per_client:
            return busy()
        self._streams[client] += 1
        try:
            stream = io.BufferedReader(Stream(incoming, asyncio.get_running_loop()), self.limits.block_bytes)
            return await self._forms.answer(with_body(environ, stream, length))
        finally:
            self._streams -= Counter({client: 1})

    async def _refuse_long(self, environ: Environ, length: int) -> Answer:
        """Have the application refuse it: it sees the length and no body."""
        return await self._pages.answer(with_body(environ, io.BytesIO(), length))

    async def _send(
        self, answer: Answer, incoming: Incoming, receive: Receive, send: Send, *, abort: Callable[[], None]
    ) -> int:
        """Send the answer and return how many bytes of body went out."""
        headers = _completed(answer, is_read=incoming.is_complete)
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        if answer.file is not None:
            return await self._send_file(answer.file, receive, send, abort)
        if incoming.is_complete:
            await send({"type": "http.response.body", "body": answer.body, "more_body": False})
        else:
            await send({"type": "http.response.body", "body": answer.body, "more_body": True})
            await incoming.drop_rest()
            await send(LAST)
        return len(answer.body)

    async def _send_file(self, file: OpenFile, receive: Receive, send: Send, abort: Callable[[], None]) -> int:
        """Send a file block by block, as fast as its reader takes it; the protocol disconnects a reader that stops.

        A file that is cut short ends the connection, so that its reader does not take the part for the whole.
        """
        loop, sent = asyncio.get_running_loop(), 0
        gone = asyncio.ensure_future(_until_gone(receive))
        try:
            while not gone.done():
                block = await loop.run_in_executor(self._disk, file.read, self.limits.block_bytes)
                if not block:
                    await send(LAST)
                    break
                await send({"type": "http.response.body", "body": block, "more_body": True})
                sent += len(block)
        except CutShort:
            abort()
            await gone
        finally:
            gone.cancel()
            await loop.run_in_executor(self._disk, file.close)
        return sent


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _completed(answer: Answer, *, is_read: bool) -> list[Header]:
    """Add the length, and close the connection if the client's body was not read to its end."""
    headers = [*answer.headers] if is_read else [*answer.headers, CLOSE]
    has_length = any(name == b"content-length" for name, _value in headers)
    if answer.file is None and not has_length and answer.status not in NO_CONTENT:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    return headers


def _length(headers: dict[bytes, bytes]) -> int | None:
    """Return the number in Content-Length; the parser has refused anything else."""
    text = headers.get(b"content-length")
    return int(text) if text else None


def _is_upload(environ: Environ) -> bool:
    """Return whether pages should not wait for this request: a small file, or a side request of a resumable upload."""
    return "HTTP_TUS_RESUMABLE" in environ or kind_of(environ) == FORM


def _is_streamed(environ: Environ) -> bool:
    """Return whether the body is streamed: a form may carry a file, and so does a resumable upload with a checksum."""
    return kind_of(environ) in {FORM, RESUMABLE}
