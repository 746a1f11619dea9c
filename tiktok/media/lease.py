"""One writer at a time: a lease on the upload's row, by the database's clock."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from instances.jobs.clock import db_in, db_now
from tiktok.media.errors import MediaError
from tiktok.models import MediaUpload

LEASE_S: Final = 15.0


class UploadLocked(MediaError):
    """Somebody else is writing this upload, or finishing it."""

    def __init__(self) -> None:
        text = _("This upload is being received over another connection. Wait a moment, then try again.")
        super().__init__("upload_locked", text, status=423)


class Lease:
    """The right to write one upload, as long as it is renewed. Locks out nobody for more than LEASE_S."""

    def __init__(self, upload: MediaUpload) -> None:
        self.upload, self.owner = upload, secrets.token_hex(16)
        self._taken_at = time.monotonic()

    def take(self) -> None:
        """Raises UploadLocked while another lease runs."""
        free = Q(lease_until=None) | Q(lease_until__lt=db_now())
        taken_at = time.monotonic()
        rows = MediaUpload.objects.filter(free, pk=self.upload.pk)
        if not rows.update(lease_owner=self.owner, lease_until=db_in(timedelta(seconds=LEASE_S))):
            raise UploadLocked
        self._taken_at = taken_at

    def renew(self, **changes: Any) -> None:
        """Hold on, and write ``changes`` with it. Raises UploadLocked, writing nothing, when somebody took over."""
        taken_at = time.monotonic()
        mine = MediaUpload.objects.filter(pk=self.upload.pk, lease_owner=self.owner)
        if not mine.update(lease_until=db_in(timedelta(seconds=LEASE_S)), **changes):
            raise UploadLocked
        self._taken_at = taken_at
        give_back_connection()

    def keep(self) -> None:
        """Renew when a third of the lease has passed: call it before every write."""
        if time.monotonic() - self._taken_at > LEASE_S / 3:
            self.renew()

    def release(self) -> None:
        """Let the next one in."""
        mine = MediaUpload.objects.filter(pk=self.upload.pk, lease_owner=self.owner)
        mine.update(lease_owner="", lease_until=None)


@contextmanager
def lease(upload: MediaUpload) -> Iterator[Lease]:
    """Hold the upload. Raises UploadLocked; the row is read anew once it is ours."""
    held = Lease(upload)
    held.take()
    try:
        upload.refresh_from_db()
        give_back_connection()
        yield held
    finally:
        held.release()


def give_back_connection() -> None:
    """Return the database connection before waiting for a slow line; the next statement takes one again."""
    if not connection.in_atomic_block:
        connection.close()
