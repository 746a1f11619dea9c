"""One writer at a time: a lease on the upload's row, by the database's clock."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core.jobs import lease
from core.jobs.clock import db_in
from core.jobs.waiting import release_connection
from tiktok.media.errors import MediaError
from tiktok.models import MediaUpload

LEASE_S: Final = 15.0
RETRY_S: Final = 5


class UploadLocked(MediaError):
    """Another request is writing this upload, or finishing it."""

    def __init__(self) -> None:
        text = _("This upload is being received over another connection. Wait a moment, then try again.")
        super().__init__("upload_locked", text, status=423, retry_after_s=RETRY_S)


class Lease:
    """The right to write one upload, as long as it is renewed. Locks out others for at most LEASE_S."""

    def __init__(self, upload: MediaUpload) -> None:
        self.upload, self.owner = upload, secrets.token_hex(16)
        self._taken_at, self._is_over = time.monotonic(), False

    def take(self) -> None:
        """Take the lease. Raises UploadLocked while another lease runs."""
        taken_at = time.monotonic()
        row = MediaUpload.objects.filter(pk=self.upload.pk)
        if not lease.take(row, timedelta(seconds=LEASE_S), lease_owner=self.owner):
            raise UploadLocked
        self._taken_at = taken_at

    def renew(self, **changes: Any) -> None:
        """Renew the lease, and write ``changes`` with it.

        Raises UploadLocked, writing nothing, if it was taken over.
        """
        taken_at = time.monotonic()
        self._change(lease_until=db_in(timedelta(seconds=LEASE_S)), **changes)
        self._taken_at = taken_at
        release_connection()

    def keep(self) -> None:
        """Renew when a third of the lease has passed: call it before every write."""
        if time.monotonic() - self._taken_at > LEASE_S / 3:
            self.renew()

    def end(self, **changes: Any) -> None:
        """Write ``changes`` and release the lease. Raises UploadLocked, writing nothing, if it was taken over."""
        self._change(lease_owner="", lease_until=None, **changes)
        self._is_over = True

    def release(self) -> None:
        """Release the lease, unless it has ended."""
        if not self._is_over:
            self._mine().update(lease_owner="", lease_until=None)

    def _change(self, **changes: Any) -> None:
        if not self._mine().update(**changes):
            raise UploadLocked

    def _mine(self) -> QuerySet[MediaUpload]:
        return MediaUpload.objects.filter(pk=self.upload.pk, lease_owner=self.owner)


@contextmanager
def held_lease(upload: MediaUpload) -> Iterator[Lease]:
    """Hold the upload. Raises UploadLocked; the row is read again once the lease is held."""
    held = Lease(upload)
    held.take()
    try:
        upload.refresh_from_db()
        release_connection()
        yield held
    finally:
        held.release()
