"""Split a file's size into the byte ranges that TikTok accepts. Pure.

https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide
"""

from collections.abc import Iterator
from dataclasses import dataclass

from .limits import CHUNK_DEFAULT_BYTES, CHUNK_MAX_BYTES, CHUNK_MIN_BYTES, VIDEO_MAX_BYTES


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes ``first`` to ``last``, both included; ``index`` counts from 0."""

    index: int
    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class ChunkPlan:
    """``total_chunk_count`` chunks of ``chunk_size`` bytes; the last one also takes the remainder."""

    chunk_size: int
    total_chunk_count: int
    size: int

    def chunks(self) -> Iterator[Chunk]:
        return (self._chunk(index) for index in range(self.total_chunk_count))

    def chunk_at(self, offset: int) -> Chunk:
        """Return the chunk with the byte at ``offset``. Raises ValueError outside the file."""
        if not 0 <= offset < self.size:
            raise ValueError(f"offset {offset} is outside of a file of {self.size} bytes")
        return self._chunk(min(offset // self.chunk_size, self.total_chunk_count - 1))

    def boundary_at_or_below(self, uploaded_bytes: int) -> int:
        """Return the largest boundary within ``uploaded_bytes``; the size when all is there."""
        if uploaded_bytes >= self.size:
            return self.size
        return self.chunk_at(max(uploaded_bytes, 0)).first

    def _chunk(self, index: int) -> Chunk:
        is_last = index == self.total_chunk_count - 1
        first = index * self.chunk_size
        return Chunk(index, first, self.size - 1 if is_last else first + self.chunk_size - 1)


def plan_chunks(
    size_bytes: int, *, chunk_size: int = CHUNK_DEFAULT_BYTES, single_limit: int = CHUNK_MAX_BYTES
) -> ChunkPlan:
    """Plan one piece up to ``single_limit`` bytes, above it chunks of ``chunk_size``; the count is rounded down.

    A ``chunk_size`` that would leave a single chunk is halved to fit, since TikTok wants several above 64 MB. Raises
    ValueError for a file or numbers outside TikTok's limits.
    """
    _check("size_bytes", size_bytes, 1, VIDEO_MAX_BYTES)
    _check("chunk_size", chunk_size, CHUNK_MIN_BYTES, CHUNK_MAX_BYTES)
    _check("single_limit", single_limit, CHUNK_MIN_BYTES, CHUNK_MAX_BYTES)
    if size_bytes <= single_limit or size_bytes < 2 * CHUNK_MIN_BYTES:
        return ChunkPlan(size_bytes, 1, size_bytes)
    chunk_size = min(chunk_size, size_bytes // 2)
    return ChunkPlan(chunk_size, size_bytes // chunk_size, size_bytes)


def _check(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise ValueError(f"{name} {value} is not between {least} and {most}")
