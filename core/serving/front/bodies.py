"""Receive a request body in the loop: whole, or block by block, and never slower than allowed."""

import asyncio
import io
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, cast

from core.serving.front.limits import Limits

Receive = Callable[[], Awaitable[dict[str, Any]]]


class LineDropped(OSError):
    """The client disconnected before the end of its body."""


class TooSlow(OSError):
    """The client sends less than the lowest rate."""


class TooLong(Exception):
    """The body has more bytes than are received whole."""


class Incoming:
    """A request's body as it arrives. ``received`` counts its bytes, ``is_complete``: all have arrived."""

    def __init__(self, receive: Receive, limits: Limits, *, has_body: bool) -> None:
        self._receive, self._limits = receive, limits
        self._waited_s = 0.0
        self.received = 0
        self.is_complete = not has_body

    async def next(self) -> bytes:
        """Return the next bytes; none at the end. Raises LineDropped or TooSlow."""
        while not self.is_complete:
            message = await self._wait()
            if message["type"] == "http.disconnect":
                raise LineDropped("the client went away")
            block: bytes = message.get("body", b"")
            self.received += len(block)
            self.is_complete = not message.get("more_body", False)
            if block:
                return block
        return b""

    async def _wait(self) -> dict[str, Any]:
        """Wait for the client. Only this time counts: while the server is busy the client cannot send."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._limits.silence_s):
                message = await self._receive()
        except TimeoutError:
            raise TooSlow("nothing came") from None
        self._waited_s += time.monotonic() - began
        if self.received < self._limits.lowest_rate * (self._waited_s - self._limits.grace_s):
            raise TooSlow("below the lowest rate")
        return message

    async def drop_rest(self) -> None:
        """Read and discard for a moment, so that a client that is still sending sees the answer."""
        try:
            async with asyncio.timeout(self._limits.linger_s):
                while await self.next():
                    pass
        except (OSError, TimeoutError):
            return


async def receive_whole(incoming: Incoming, limits: Limits, directory: Path) -> tuple[BinaryIO, int]:
    """Receive a body up to ``limits.body_bytes``: in memory while small, then in a file without a name.

    Returns it, rewound, with its length. Raises TooLong, LineDropped or TooSlow.
    """
    length = 0
    with ExitStack() as undo:
        body = undo.enter_context(tempfile.SpooledTemporaryFile(limits.memory_bytes, dir=str(directory)))
        while block := await incoming.next():
            length += len(block)
            if length > limits.body_bytes:
                raise TooLong
            body.write(block)
        undo.pop_all()
    body.seek(0)
    return cast(BinaryIO, body), length


class Stream(io.RawIOBase):
    """A body that a thread reads while it arrives.

    ``read`` blocks; raises OSError on a dropped or too slow connection.
    """

    def __init__(self, incoming: Incoming, loop: asyncio.AbstractEventLoop) -> None:
        self._incoming, self._loop = incoming, loop
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with what has arrived, waiting for the first byte."""
        if not self._rest:
            self._rest = self._await_block()
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def _await_block(self) -> bytes:
        try:
            return asyncio.run_coroutine_threadsafe(self._incoming.next(), self._loop).result()
        except CancelledError:
            raise LineDropped("the server stops") from None
