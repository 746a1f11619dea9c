"""The duration of a video, read from its bytes as they pass."""

import re
import struct
from collections.abc import Iterator

MOST_HEADER_BYTES = 32 * 1024 * 1024
BOX_HEAD_BYTES, LONG_BOX_HEAD_BYTES = 8, 16
WEBM = b"\x1a\x45\xdf\xa3"
WEBM_HEAD_BYTES = 64 * 1024
WEBM_SCALE = re.compile(rb"\x2a\xd7\xb1(?:\x83(.{3})|\x84(.{4}))", re.DOTALL)
WEBM_DURATION = re.compile(rb"\x44\x89(?:\x84(.{4})|\x88(.{8}))", re.DOTALL)


class DurationReader:
    """Follows the boxes of an MP4 or MOV, or the head of a WebM, in portions of any size; ``seconds`` when found."""

    def __init__(self) -> None:
        self.seconds: float | None = None
        self._pending = bytearray()
        self._wanted = BOX_HEAD_BYTES
        self._skip = 0
        self._is_over = False

    def copy(self) -> "DurationReader":
        copied = DurationReader()
        copied.__dict__.update(self.__dict__, _pending=bytearray(self._pending))
        return copied

    def feed(self, portion: bytes | memoryview) -> None:
        rest = memoryview(portion)
        while rest and not self._is_over:
            passed = min(self._skip or self._wanted - len(self._pending), len(rest))
            if self._skip:
                self._skip -= passed
            else:
                self._pending += rest[:passed]
                if len(self._pending) == self._wanted:
                    self._read()
            rest = rest[passed:]

    def end(self) -> None:
        """Read what there is of a WebM that is shorter than the head of one."""
        if not self._is_over and self._pending.startswith(WEBM):
            self.seconds = webm_seconds(bytes(self._pending))

    def _read(self) -> None:
        """Read what was collected: the head of a box, a whole ``moov``, or the head of a WebM."""
        if self._wanted == WEBM_HEAD_BYTES and self._pending.startswith(WEBM):
            self.end()
            self._is_over = True
        elif self._wanted > LONG_BOX_HEAD_BYTES:
            self.seconds, self._is_over = movie_seconds(bytes(self._pending[BOX_HEAD_BYTES:])), True
        elif self._pending.startswith(WEBM):
            self._wanted = WEBM_HEAD_BYTES
        else:
            self._read_box()

    def _read_box(self) -> None:
        """Skip this box, or collect it if it is the one with the duration."""
        size, kind = struct.unpack_from(">I4s", self._pending)
        if size == 1 and self._wanted == BOX_HEAD_BYTES:
            self._wanted = LONG_BOX_HEAD_BYTES
            return
        size = int.from_bytes(self._pending[BOX_HEAD_BYTES:]) if size == 1 else size
        if not kind.isalnum() or size < self._wanted:
            self._is_over = True
        elif kind == b"moov" and LONG_BOX_HEAD_BYTES < size <= MOST_HEADER_BYTES:
            self._wanted = size
        else:
            self._skip, self._wanted = size - self._wanted, BOX_HEAD_BYTES
            self._pending.clear()


def boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield type and content of each box."""
    at = 0
    while at + 8 <= len(content):
        size = int.from_bytes(content[at : at + 4])
        if size < 8:
            return
        yield content[at + 4 : at + 8], content[at + 8 : at + size]
        at += size


def movie_seconds(moov: bytes) -> float | None:
    """Return the duration in a movie header, or in that of a fragmented movie."""
    parts = dict(boxes(moov))
    header = parts.get(b"mvhd", b"")
    if len(header) < 32:
        return None
    scale, duration = struct.unpack_from(">IQ", header, 20) if header[0] else struct.unpack_from(">II", header, 12)
    if not duration:
        extended = dict(boxes(parts.get(b"mvex", b""))).get(b"mehd", b"")
        duration = int.from_bytes(extended[4:])
    return duration / scale if scale else None


def webm_seconds(head: bytes) -> float | None:
    """Return the duration among the facts of a WebM; recordings of browsers have none."""
    duration, scale = WEBM_DURATION.search(head), WEBM_SCALE.search(head)
    if duration is None:
        return None
    ticks = struct.unpack(">f", duration[1])[0] if duration[1] else struct.unpack(">d", duration[2])[0]
    return float(ticks) * (int.from_bytes(scale[1] or scale[2]) if scale else 1_000_000) / 1e9
