"""Bytes that came in: counted, hashed and looked at; those of photos are kept for a while."""

import hashlib
from collections import OrderedDict
from typing import Any

from tiktok.simulator.durations import DurationReader

HEAD_BYTES = 12
MOST_KEPT_BYTES = 400_000_000


class Received:
    """One file as it comes. Without ``is_hashed`` bytes are only counted, so that a benchmark measures the sender."""

    def __init__(self, *, is_hashed: bool, is_kept: bool = False) -> None:
        self.size_bytes = 0
        self.head = b""
        self.content = bytearray() if is_kept else None
        self.duration = DurationReader()
        self._hash: Any = hashlib.sha256() if is_hashed else None

    def copy(self) -> "Received":
        """Return a copy to continue with, in case the next portion will not count."""
        copied = Received(is_hashed=False)
        copied.size_bytes, copied.head, copied.duration = self.size_bytes, self.head, self.duration.copy()
        copied._hash = self._hash.copy() if self._hash else None
        return copied

    def update(self, portion: bytes | memoryview) -> None:
        self.head += bytes(portion[: HEAD_BYTES - len(self.head)])
        self.size_bytes += len(portion)
        if self.content is not None:
            self.content += portion
        if self._hash:
            self._hash.update(portion)
            self.duration.feed(portion)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest() if self._hash else ""

    @property
    def duration_s(self) -> float | None:
        self.duration.end()
        return self.duration.seconds

    def is_video(self) -> bool:
        return self.head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free") or self.head[:4] == b"\x1a\x45\xdf\xa3"


class Shelf:
    """The bytes of photos, so that tests can look at them; the oldest are dropped when there are too many."""

    def __init__(self, most_bytes: int = MOST_KEPT_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._bytes = 0

    def put(self, publish_id: str, item: int, content: bytes) -> None:
        self._bytes += len(content) - len(self._kept.pop((publish_id, item), b""))
        self._kept[publish_id, item] = content
        while self._bytes > self._most_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= len(oldest)

    def get(self, publish_id: str, item: int) -> bytes | None:
        return self._kept.get((publish_id, item))
