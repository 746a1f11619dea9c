"""Pass a long PATCH of a resumable upload to the application as a row of short ones.

The loop collects bytes as they arrive; every few megabytes or seconds the application is called with that piece as if
the client had sent it alone. So a slow connection holds no thread, bytes that arrived before it dropped are kept, and
memory stays flat: if many pieces come at once, they wait on the disk. The client sees one request and gets the last
answer.
"""

import asyncio
import errno
import io
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, Final, cast

from core.serving.front.bodies import Incoming, TooSlow
from core.serving.front.environ import Environ, kind_of, with_body
from core.serving.front.limits import Limits
from core.serving.front.threads import Answer, busy, text_answer

CONTENT_TYPE: Final = "application/offset+octet-stream"
ACCEPTED: Final = 204
# Set in the environment of every piece but the first, so that one request counts once.
CONTINUES: Final = "clipdesk.continues"
Call = Callable[[Environ], Awaitable[Answer]]


def is_resumable(environ: Environ, length: int | None) -> bool:
    """Return whether this request sends bytes of a tus upload that may be split: not with a checksum over all."""
    offset = environ.get("HTTP_UPLOAD_OFFSET", "")
    return (
        kind_of(environ) == CONTENT_TYPE
        and bool(length)
        and offset.isascii()
        and offset.isdigit()
        and len(offset) < 16
        and "HTTP_UPLOAD_CHECKSUM" not in environ
    )


class NoRoom(Exception):
    """The disk is full, or no more files can be opened. The bytes of this piece are lost."""


@dataclass(slots=True)
class Held:
    """Bytes of pieces that all requests of this process hold in memory."""

    most: int
    now: int = 0

    @property
    def is_tight(self) -> bool:
        """Return whether pieces have to go to the disk."""
        return self.now > self.most


class Piece:
    """Consecutive bytes: in memory, or in a file without a name if memory is short. ``fault``: why no more came."""

    def __init__(self, held: Held, small_bytes: int, directory: Path) -> None:
        self._held, self._small_bytes, self._directory = held, small_bytes, directory
        self._file: BinaryIO = io.BytesIO()  # until it moves to the disk
        self._counted = self.size = 0
        self.is_last = False
        self.fault: OSError | None = None

    def add(self, block: bytes) -> None:
        """Keep more bytes. Raises NoRoom."""
        try:
            self._file.write(block)
            self.size += len(block)
            if isinstance(self._file, io.BytesIO):
                self._count(len(block))
                if self._held.is_tight and self.size > self._small_bytes:
                    self._move_to_disk(self._file)
        except OSError as error:
            raise NoRoom from error

    def _move_to_disk(self, memory: io.BytesIO) -> None:
        with memory:
            self._file = cast(BinaryIO, TemporaryFile(dir=self._directory))  # noqa: SIM115 - closed in close()
            self._file.write(memory.getvalue())
        self._count(-self._counted)

    def _count(self, count: int) -> None:
        self._counted += count
        self._held.now += count

    def rewound(self) -> BinaryIO:
        """Return the piece positioned at its first byte. Raises NoRoom."""
        try:
            self._file.seek(0)
        except OSError as error:
            raise NoRoom from error
        return self._file

    def close(self) -> None:
        """Discard the bytes. May be repeated."""
        with suppress(OSError):  # the disk is full, once more
            self._file.close()
        self._count(-self._counted)


class Pieces:
    """One such request. ``directory`` is for bytes that do not fit in memory."""

    def __init__(
        self, environ: Environ, incoming: Incoming, call: Call, limits: Limits, held: Held, directory: Path
    ) -> None:
        self._environ, self._incoming, self._call, self._limits = environ, incoming, call, limits
        self._held, self._directory = held, directory
        self._offset = int(environ["HTTP_UPLOAD_OFFSET"])

    async def run(self) -> Answer:
        """Ask whether these bytes are wanted, then pass them on. Raises LineDropped when the client is gone."""
        answer = await self._hand_on(io.BytesIO(), 0)
        if answer.status != ACCEPTED:
            return answer
        try:
            return await self._hand_on_all(answer)
        except NoRoom as fault:
            if getattr(fault.__cause__, "errno", None) in {errno.EMFILE, errno.ENFILE}:
                return busy()
            return text_answer(507, "The disk of this server is full. Continue at the offset that HEAD returns.")

    async def _hand_on_all(self, answer: Answer) -> Answer:
        coming = asyncio.create_task(self._collect())
        try:
            while True:
                with closing(await coming) as piece:
                    if not piece.is_last:  # the next one arrives while this one is written
                        coming = asyncio.create_task(self._collect())
                    if piece.size:
                        answer = await self._hand_on(piece.rewound(), piece.size)
                    if answer.status != ACCEPTED:
                        return answer
                    if piece.is_last:
                        return self._cut_off(piece.fault) if piece.fault else answer
        finally:
            _forget(coming)

    def _cut_off(self, fault: OSError) -> Answer:
        if isinstance(fault, TooSlow):
            return text_answer(408, "The upload was too slow. Continue it at the offset that HEAD returns.")
        raise fault

    async def _collect(self) -> Piece:
        """Collect one piece. It ends when it is full or old, or with the body. Raises NoRoom."""
        with ExitStack() as undo:
            piece = undo.enter_context(closing(Piece(self._held, self._limits.small_piece_bytes, self._directory)))
            await self._fill(piece)
            undo.pop_all()
        return piece

    async def _fill(self, piece: Piece) -> None:
        began = time.monotonic()
        try:
            while block := await self._incoming.next():
                piece.add(block)
                if piece.size >= self._limits.piece_bytes or time.monotonic() - began > self._limits.piece_s:
                    break
        except OSError as fault:
            piece.fault, piece.is_last = fault, True
            return
        piece.is_last = self._incoming.is_complete

    async def _hand_on(self, source: BinaryIO, length: int) -> Answer:
        environ = with_body(self._environ, source, length)
        environ["HTTP_UPLOAD_OFFSET"] = str(self._offset)
        answer = await self._call(environ)
        self._environ[CONTINUES] = True
        self._offset += length
        return answer


def _forget(coming: "asyncio.Task[Piece]") -> None:
    """Cancel the collection of a piece; close one that is complete."""
    if not coming.done():
        coming.cancel()
    elif not coming.cancelled() and coming.exception() is None:
        coming.result().close()
