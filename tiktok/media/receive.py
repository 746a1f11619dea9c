"""From a socket to the disk: blocks of 64 KB, an offset that is committed only after fsync."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from django.utils import timezone
from django.utils.translation import gettext as _

from tiktok.media import storage
from tiktok.media.errors import MediaError
from tiktok.media.lease import Lease, held_lease
from tiktok.models import MediaUpload

BLOCK: Final = 64 * 1024
COMMIT_BYTES: Final = 8 * 1024**2
COMMIT_S: Final = 2.0
UPLOAD_LIFE: Final = timedelta(hours=24)  # after its last bytes
PROLONGED_BEFORE: Final = timedelta(hours=1)  # its end, when bytes are announced that are still on their way
CHECKSUMS: Final = ("sha256", "sha1")


class Source(Protocol):
    """A source of bytes: a request."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; none at the end. OSError when the connection drops."""


@dataclass(frozen=True, slots=True)
class Checksum:
    """The client's hash of the bytes of one request; ``algorithm`` is one of CHECKSUMS."""

    algorithm: str
    digest: bytes


class OffsetMismatch(MediaError):
    """The client's offset differs from the file's."""

    def __init__(self, expected: int) -> None:
        text = _("This upload continues at byte %(offset)s.") % {"offset": expected}
        super().__init__("offset_mismatch", text, status=409)


def append(upload: MediaUpload, source: Source, *, offset: int, length: int, checksum: Checksum | None = None) -> int:
    """Write up to ``length`` bytes at ``offset``; set and return the upload's new offset, which is on disk.

    Bytes that came before a connection dropped are kept, except with a checksum: then only all of them count. After
    each write the upload may be continued for a day. Memory stays flat. Raises OffsetMismatch, UploadLocked, or
    MediaError with 400, 410, 413, 460 or 507.
    """
    with storage.full_disk_as_fault(length), held_lease(upload) as held:
        if offset != upload.offset:
            raise OffsetMismatch(upload.offset)
        if offset + length > upload.size_bytes:
            raise MediaError("too_long", _("The upload has more bytes than it announced."), status=413)
        if upload.expires_at < timezone.now() + PROLONGED_BEFORE:
            upload.expires_at = timezone.now() + UPLOAD_LIFE
            held.renew(expires_at=upload.expires_at)
        storage.require_space(length)
        with _opened(upload) as file:
            _Receiver(held, file, offset, checksum).run(source)
        return upload.offset


@contextmanager
def _opened(upload: MediaUpload) -> Iterator[int]:
    """Open the file, truncated to the committed offset, for writing."""
    path = storage.absolute(upload.path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(file).st_size < upload.offset:
            raise MediaError(
                "upload_lost",
                _("The part of this file that was received is missing. Start the upload again."),
                status=410,
            )
        os.ftruncate(file, upload.offset)
        os.lseek(file, upload.offset, os.SEEK_SET)
        yield file
    finally:
        os.close(file)


class _Receiver:
    """The transfer of one request's bytes to the disk."""

    def __init__(self, held: Lease, file: int, offset: int, checksum: Checksum | None) -> None:
        self.held, self.file, self.checksum = held, file, checksum
        self.written = offset
        self._digest = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum else None
        self._committed_at = time.monotonic()

    def run(self, source: Source) -> None:
        try:
            while block := _read(source):
                self.held.keep()
                self._write(block)
                if self._is_time_to_commit():
                    self._commit(self.held.renew)
        finally:
            if self._digest is None:
                self._commit(self.held.end)
        self._verify()

    def _write(self, block: bytes) -> None:
        view = memoryview(block)
        while view:
            count = os.write(self.file, view)
            self.written += count
            view = view[count:]
        if self._digest is not None:
            self._digest.update(block)

    def _is_time_to_commit(self) -> bool:
        if self._digest is not None:
            return False
        return (
            self.written - self.held.upload.offset >= COMMIT_BYTES or time.monotonic() - self._committed_at > COMMIT_S
        )

    def _commit(self, write: Callable[..., None]) -> None:
        """Confirm only bytes that survive a power cut. ``write`` keeps the lease or ends it."""
        upload = self.held.upload
        if self.written == upload.offset:
            return
        os.fdatasync(self.file)
        expires_at = timezone.now() + UPLOAD_LIFE
        write(offset=self.written, expires_at=expires_at)
        upload.offset, upload.expires_at = self.written, expires_at
        self._committed_at = time.monotonic()

    def _verify(self) -> None:
        if self._digest is None or self.checksum is None:
            return
        if self._digest.digest() != self.checksum.digest:
            text = _("The bytes do not match their checksum. Send them again.")
            raise MediaError("checksum_mismatch", text, status=460)
        self._commit(self.held.end)


def _read(source: Source) -> bytes:
    """Return the next block; none at the end, and none when the connection dropped."""
    try:
        return source.read(BLOCK)
    except OSError:  # Django's UnreadablePostError is one
        return b""
