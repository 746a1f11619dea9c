"""A long PATCH of a resumable upload reaches the application as a row of short ones.

The loop collects what arrives; every few megabytes or seconds the application is called with that piece as if the
client had sent it alone. So a slow line holds no thread, what arrived before a line dropped is kept, and memory stays
flat. The client sees one request and gets the last answer.
"""

import asyncio
import io
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from instances.serving.front.bodies import Incoming, TooSlow
from instances.serving.front.environ import Environ, with_body
from instances.serving.front.limits import Limits
from instances.serving.front.threads import Answer, text_answer

CONTENT_TYPE: Final = "application/offset+octet-stream"
ACCEPTED: Final = 204
# Set in the environment of every piece but the first, so that one request counts once.
CONTINUES: Final = "clipdesk.continues"
Call = Callable[[Environ], Awaitable[Answer]]


def is_resumable(environ: Environ, length: int | None) -> bool:
    """Whether this request is bytes of a tus upload that may be cut: not under a checksum, which covers the whole."""
    offset = environ.get("HTTP_UPLOAD_OFFSET", "")
    return (
        environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() == CONTENT_TYPE
        and bool(length)
        and offset.isascii()
        and offset.isdigit()
        and len(offset) < 16
        and "HTTP_UPLOAD_CHECKSUM" not in environ
    )


@dataclass(slots=True)
class Piece:
    """Bytes in a row. ``fault`` is why the client sends no more."""

    data: bytes
    is_last: bool
    fault: OSError | None = None


@dataclass(slots=True)
class Held:
    """Bytes of pieces that all requests of this process hold in memory."""

    most: int
    now: int = 0

    @property
    def is_tight(self) -> bool:
        """Whether pieces have to stay small."""
        return self.now > self.most


class Pieces:
    """One such request."""

    def __init__(self, environ: Environ, incoming: Incoming, call: Call, limits: Limits, held: Held) -> None:
        self._environ, self._incoming, self._call, self._limits = environ, incoming, call, limits
        self._offset = int(environ["HTTP_UPLOAD_OFFSET"])
        self._held, self._mine = held, 0

    async def run(self) -> Answer:
        """Ask whether these bytes are wanted, then hand them on. Raises LineDropped when there is nobody to answer."""
        answer = await self._hand_on(b"")
        if answer.status != ACCEPTED:
            return answer
        coming = asyncio.ensure_future(self._collect())
        try:
            while True:
                piece = await coming
                is_early = not piece.is_last and not self._held.is_tight
                if is_early:  # the next one arrives while this one is written
                    coming = asyncio.ensure_future(self._collect())
                if piece.data:
                    answer = await self._hand_on(piece.data)
                if answer.status != ACCEPTED:
                    return answer
                if piece.is_last:
                    return self._cut_off(piece.fault) if piece.fault else answer
                if not is_early:
                    coming = asyncio.ensure_future(self._collect())
        finally:
            coming.cancel()
            self._hold(-self._mine)

    def _hold(self, count: int) -> None:
        self._mine += count
        self._held.now += count

    def _cut_off(self, fault: OSError) -> Answer:
        if isinstance(fault, TooSlow):
            return text_answer(408, "The upload was too slow. Continue it at the offset that HEAD returns.")
        raise fault

    async def _collect(self) -> Piece:
        """Gather one piece. It ends when it is full or old, or with the body."""
        began, size = time.monotonic(), 0
        blocks: list[bytes] = []
        try:
            while block := await self._incoming.next():
                blocks.append(block)
                size += len(block)
                self._hold(len(block))
                if size >= self._most() or time.monotonic() - began > self._limits.piece_s:
                    break
        except OSError as fault:
            return Piece(b"".join(blocks), is_last=True, fault=fault)
        return Piece(b"".join(blocks), is_last=self._incoming.is_complete)

    def _most(self) -> int:
        return self._limits.small_piece_bytes if self._held.is_tight else self._limits.piece_bytes

    async def _hand_on(self, data: bytes) -> Answer:
        environ = with_body(self._environ, io.BytesIO(data), len(data))
        environ["HTTP_UPLOAD_OFFSET"] = str(self._offset)
        answer = await self._call(environ)
        self._environ[CONTINUES] = True
        self._offset += len(data)
        self._hold(-len(data))
        return answer
