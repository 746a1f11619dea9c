"""A part of a file as a request body, read block by block while it is sent."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

# http.client asks for 16 KB at a time, which gets half of the line's speed; larger blocks get nearly all of
# it.
BLOCK_SIZE = 256 * 1024


class FileTooShort(Exception):
    """The file ended before the chunk did: it was changed or truncated since its size was read."""


class FileChunkBody:
    """``length`` bytes of a file, starting at ``first``.

    ``read()`` returns blocks of ``block_size`` for any requested size, and none that crosses one of the
    ``stop_points`` (offsets in the file). ``before_block(offset in the file)`` runs before each block is read; an
    exception from it ends the request, closes the connection and comes out of ``upload_chunk``. Nothing is read ahead.

    A path is opened and belongs to the body (close it, or use ``with``); a descriptor stays the caller's. There is no
    ``__iter__``, ``tell`` or ``fileno`` on purpose: requests would then stream or measure it differently.
    """

    def __init__(
        self,
        file: int | str | Path,
        *,
        first: int,
        length: int,
        block_size: int = BLOCK_SIZE,
        before_block: Callable[[int], None] | None = None,
        stop_points: Iterable[int] = (),
    ) -> None:
        if first < 0 or length < 1 or block_size < 1:
            raise ValueError("first is at least 0, length and block_size are at least 1")
        self._descriptor = file if isinstance(file, int) else os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        self._is_owner = not isinstance(file, int)
        self._position = first
        self._end = first + length
        self._length = length
        self._block_size = block_size
        self._before_block = before_block
        self._stop_points = sorted(stop_points)

    def __len__(self) -> int:
        return self._length

    def read(self, _size: int = -1, /) -> bytes:
        """Return the next block; empty at the end. Raises FileTooShort, OSError and what ``before_block`` raises."""
        if self._position == self._end:
            return b""
        if self._before_block:
            self._before_block(self._position)
        block = os.pread(self._descriptor, self._next_stop() - self._position, self._position)
        if not block:
            raise FileTooShort(f"no byte at offset {self._position}")
        self._position += len(block)
        return block

    def _next_stop(self) -> int:
        ahead = (point for point in self._stop_points if point > self._position)
        return min(self._position + self._block_size, self._end, next(ahead, self._end))

    def close(self) -> None:
        if self._is_owner:
            os.close(self._descriptor)
            self._is_owner = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
