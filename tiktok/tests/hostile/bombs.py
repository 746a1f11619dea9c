"""Bodies that cost a server more than they cost their sender, and videos padded to a size."""

import hashlib
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

SAMPLES: Final = 200_000
EDITS: Final = 10_000
SAMPLES_PER_CHUNK: Final = 1000
SAMPLE_BYTES: Final = 4
UNKNOWN_KEYS: Final = 230_000
CONTAINERS: Final = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})
DROPPED: Final = frozenset({b"edts", b"stss", b"ctts", b"sgpd", b"sbgp"})


class NotAnMp4(ValueError):
    """The bytes are not a sequence of MP4 boxes."""


def box(kind: bytes, *parts: bytes) -> bytes:
    """Return an MP4 box with this content."""
    content = b"".join(parts)
    return struct.pack(">I4s", len(content) + 8, kind) + content


def boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and content of each box. Raises NotAnMp4."""
    at = 0
    while at < len(content):
        if len(content) - at < 8:
            raise NotAnMp4(f"{len(content) - at} bytes after the last box")
        size, kind = struct.unpack_from(">I4s", content, at)
        if not 8 <= size <= len(content) - at:
            raise NotAnMp4(f"a box of {size} bytes")
        yield kind, content[at + 8 : at + size]
        at += size


def edit_list_bomb(video: bytes) -> bytes:
    """Return a small MP4 with the codec of ``video``, 200,000 samples and 10,000 edits over all of them."""
    parts = dict(boxes(video))
    data = parts[b"mdat"][: SAMPLES_PER_CHUNK * SAMPLE_BYTES].ljust(SAMPLES_PER_CHUNK * SAMPLE_BYTES, b"\0")
    head = box(b"ftyp", parts[b"ftyp"]) + box(b"mdat", data)
    tables = _tables(first_byte=len(head) - len(data))
    return head + box(b"moov", _rebuilt(parts[b"moov"], tables))


def _tables(first_byte: int) -> dict[bytes, bytes]:
    """Sample tables in which every chunk lies at the same bytes."""
    chunks = SAMPLES // SAMPLES_PER_CHUNK
    return {
        b"stts": struct.pack(">4I", 0, 1, SAMPLES, 1),
        b"stsc": struct.pack(">5I", 0, 1, 1, SAMPLES_PER_CHUNK, 1),
        b"stsz": struct.pack(">3I", 0, SAMPLE_BYTES, SAMPLES),
        b"stco": struct.pack(">2I", 0, chunks) + struct.pack(">I", first_byte) * chunks,
    }


def _rebuilt(content: bytes, tables: dict[bytes, bytes]) -> bytes:
    parts = []
    for kind, inner in boxes(content):
        if kind in DROPPED:
            continue
        if kind in CONTAINERS:
            parts.append(box(kind, _rebuilt(inner, tables)))
        else:
            parts.append(box(kind, tables.get(kind, inner)))
        if kind == b"tkhd":
            parts.append(box(b"edts", _edits()))
    return b"".join(parts)


def _edits() -> bytes:
    """Edits with 64-bit times: 20 bytes each, 200 KB in all."""
    edit = struct.pack(">QqHH", SAMPLES, 0, 1, 0)
    return box(b"elst", struct.pack(">2I", 1 << 24, EDITS), edit * EDITS)


def json_bomb() -> bytes:
    """Return an object of 2 MB whose keys no schema knows."""
    return json.dumps({f"{number:x}": 0 for number in range(UNKNOWN_KEYS)}, separators=(",", ":")).encode()


@dataclass(frozen=True)
class PaddedVideo:
    """A real video made ``size_bytes`` long by an MP4 box that players skip; no two numbers give the same bytes."""

    video: bytes
    size_bytes: int
    number: int

    @property
    def _head(self) -> bytes:
        rest = self.size_bytes - len(self.video)
        return self.video + struct.pack(">I4s", rest, b"free") + f"{self.number:032}".encode()

    def __post_init__(self) -> None:
        if self.size_bytes < len(self._head):
            raise ValueError(f"{self.size_bytes} bytes do not hold a video of {len(self.video)}")

    def read(self, at: int, length: int) -> bytes:
        """Return up to ``length`` bytes from ``at``."""
        length = max(0, min(length, self.size_bytes - at))
        return self._head[at : at + length].ljust(length, b"\0")

    def sha256(self) -> str:
        """Return the SHA-256 of all bytes, as hexadecimal digits."""
        return hashlib.sha256(self.read(0, self.size_bytes)).hexdigest()
