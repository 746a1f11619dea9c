"""CapabilityURL: a secret address from which TikTok downloads one file of a submission."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Final

from django.db import models
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core.jobs.clock import db_in, db_now
from instances.models import Instance
from tiktok.api.limits import PULL_LIFETIME_S
from tiktok.api.secret import Secret
from tiktok.models.submission import Submission

# A pull times out an hour after it starts; clocks differ.
LIFETIME: Final = timedelta(seconds=PULL_LIFETIME_S + 5 * 60)


@dataclass(frozen=True, slots=True)
class ServedFile:
    """A file as TikTok downloads it; ``path`` is relative to MEDIA_ROOT.

    ``mtime_ns`` and ``inode`` tell whether the file was touched since ``sha256`` was last compared with it.
    """

    path: str
    content_type: str
    sha256: str
    size_bytes: int
    mtime_ns: int
    inode: int


class CapabilityURL(models.Model):
    """The right to download one file, held by whoever knows the address.

    Only the token's hash is kept. ``first_served_at`` is committed before byte one, ``revoked_at`` only while it is
    null: of a download and a revocation at the same time exactly one happens. The other columns are ServedFile's: a
    file that was touched since is not served. A directory table: it is read by its hash, before an instance is known.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    token_hash = models.CharField(max_length=64, unique=True)
    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="+")
    instance = models.ForeignKey(Instance, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField()
    path = models.CharField(max_length=300)
    content_type = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    mtime_ns = models.PositiveBigIntegerField()
    inode = models.PositiveBigIntegerField()
    expires_at = models.DateTimeField()
    first_served_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("download address")
        verbose_name_plural = _("download addresses")
        constraints = [
            models.UniqueConstraint(fields=["submission", "position"], name="one_address_per_file"),
            models.CheckConstraint(
                condition=Q(revoked_at=None) | Q(first_served_at=None) | Q(revoked_at__gte=F("first_served_at")),
                name="address_served_before_revoked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.submission_id} {self.position}"

    @classmethod
    def issue(cls, submission: Submission, files: Iterable[ServedFile], *, prefix: str) -> tuple[Secret, ...]:
        """Create an address below ``prefix`` for each file, in their order; only TikTok ever gets them."""
        urls: list[Secret] = []
        for position, file in enumerate(files):
            token = secrets.token_urlsafe(32)
            cls.objects.create(
                token_hash=hash_of(token),
                submission=submission,
                instance_id=submission.instance_id,
                position=position,
                **asdict(file),
                expires_at=db_in(LIFETIME),
            )
            urls.append(Secret(f"{prefix}{token}"))
        return tuple(urls)

    @classmethod
    def valid(cls, token: str) -> CapabilityURL | None:
        """Return the address if it is neither revoked nor over; this does not count as served."""
        return cls._valid().filter(token_hash=hash_of(token)).first()

    def start_serving(self) -> bool:
        """Commit that the file is served, unless that is known; call it before the first byte.

        Returns False when the address was revoked first: of this and ``revoke_unserved`` one succeeds. Later requests
        for parts of the file write nothing.
        """
        if self.first_served_at is not None:
            return True
        served_at = Coalesce("first_served_at", db_now())
        return self._valid().filter(pk=self.pk).update(first_served_at=served_at) > 0

    @classmethod
    def _valid(cls) -> QuerySet[CapabilityURL]:
        return cls.objects.filter(revoked_at=None, expires_at__gt=db_now())


def revoke_unserved(submission: Submission) -> bool:
    """Revoke all addresses of the submission if none was ever served (rule R5); otherwise change nothing.

    Call it in the transaction that goes back to due: the caller rolls back on False.
    """
    ours = CapabilityURL.objects.filter(submission=submission)
    revoked = ours.filter(first_served_at=None, revoked_at=None).update(revoked_at=db_now())
    return revoked == ours.count()


def revoke(submissions: QuerySet[Submission]) -> None:
    """Revoke every address of these submissions, served or not; a running download ends within a second."""
    CapabilityURL.objects.filter(submission__in=submissions, revoked_at=None).update(revoked_at=db_now())


def hash_of(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
