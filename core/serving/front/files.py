"""A file as the body of an answer: the loop sends it, so no thread waits for its reader."""

from typing import Protocol


class CutShort(Exception):
    """Raised by a file's ``read``: no further byte may be sent, and the connection is aborted."""


class Readable(Protocol):
    """A file as Django and WhiteNoise pass it."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; none at the end."""


class OpenFile:
    """Implementation of ``wsgi.file_wrapper``: an open file, or a part of one."""

    def __init__(self, file: Readable, block_size: int = 8192) -> None:
        self._file = file
        self._close = getattr(file, "close", None)

    def read(self, size: int) -> bytes:
        """Return the next bytes; none at the end."""
        return self._file.read(size)

    def close(self) -> None:
        """Close the file and end Django's request."""
        if self._close is not None:
            self._close()
