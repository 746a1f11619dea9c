"""TikTokCredential: one TikTok user's tokens for one app. TikTokAccount: an instance's link to them."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from instances.scoping import ContentModel
from tiktok.api.types import Scope
from tiktok.models.app import TikTokApp
from tiktok.models.fields import EncryptedTextField

EXPIRING_WITHIN: Final = timedelta(days=14)
EXPIRING: Final = "expiring"
LIMITED: Final = "limited"


class TikTokCredential(models.Model):
    """Tokens of one (app, open_id), shared by all instances that linked this TikTok user.

    Refresh tokens rotate, so two copies would invalidate each other. ``version`` counts token changes; a refresh is
    claimed by ``refresh_owner`` and ``refresh_lease_until``. ``revoke_asked_version`` is the version whose grant TikTok
    was asked to end; it is cleared by TikTok's answer. TikTok takes no post of this creator before
    ``posts_held_until``, as far as it has said, and no draft before ``drafts_held_until``; ``posts_held_code`` is the
    reason for the first. ``union_id`` is the same for this TikTok user in all apps of one developer, and "" until a
    profile contains it. ``retired_at`` is when the last account moved to another app; the credential is revoked once
    nothing needs it (grants.py).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    app = models.ForeignKey(TikTokApp, on_delete=models.PROTECT, related_name="+")
    open_id = models.CharField(max_length=128)
    union_id = models.CharField(max_length=128, blank=True)
    access_token = EncryptedTextField()
    refresh_token = EncryptedTextField()
    access_issued_at = models.DateTimeField(null=True)
    access_expires_at = models.DateTimeField(null=True)
    refresh_expires_at = models.DateTimeField(null=True)
    scopes = models.JSONField(default=list)
    version = models.PositiveBigIntegerField(default=0)
    refresh_owner = models.CharField(max_length=120, blank=True)
    refresh_lease_until = models.DateTimeField(null=True)
    next_refresh_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    revoke_asked_version = models.PositiveBigIntegerField(null=True)
    retired_at = models.DateTimeField(null=True)
    posts_held_until = models.DateTimeField(null=True)
    posts_held_code = models.CharField(max_length=80, blank=True)
    drafts_held_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("credential")
        verbose_name_plural = _("credentials")
        constraints = [models.UniqueConstraint(fields=["app", "open_id"], name="one_credential_per_app_user")]
        indexes = [models.Index(fields=["next_refresh_at"], name="credential_refresh_due")]

    def __str__(self) -> str:
        return str(self.pk)


class AccountStatus(models.TextChoices):
    """The stored status of an account; "expiring" is computed."""

    ACTIVE = "active", _("Active")
    RECONNECT_NEEDED = "reconnect_needed", _("Reconnect")
    DISCONNECTING = "disconnecting", _("Disconnecting…")
    DISCONNECTED = "disconnected", _("Disconnected")


class TikTokAccount(ContentModel):
    """An instance's link to a TikTok user. ``name`` is the team's own and is never overwritten.

    ``end_told_days`` is the last warning before the authorization expires, in days before the end (endings.py).
    ``kept_apart`` holds ids of earlier accounts of the same TikTok user that a person decided not to move here.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    credential = models.ForeignKey(TikTokCredential, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=80)
    status = models.CharField(max_length=20, choices=AccountStatus.choices, default=AccountStatus.ACTIVE)
    status_reason = models.CharField(max_length=60, blank=True)
    display_name = models.CharField(max_length=120, blank=True)
    username = models.CharField(max_length=80, blank=True)
    avatar_path = models.CharField(max_length=200, blank=True)
    profile_deep_link = models.CharField(max_length=500, blank=True)
    is_verified = models.BooleanField(null=True)
    follower_count = models.BigIntegerField(null=True)
    following_count = models.BigIntegerField(null=True)
    likes_count = models.BigIntegerField(null=True)
    video_count = models.BigIntegerField(null=True)
    labels = models.JSONField(default=list)
    linked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    linked_at = models.DateTimeField(default=timezone.now)
    synced_at = models.DateTimeField(null=True)
    disconnect_at = models.DateTimeField(null=True)
    disconnected_at = models.DateTimeField(null=True)
    end_told_days = models.PositiveSmallIntegerField(null=True)
    kept_apart = models.JSONField(default=list)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["name", "linked_at"]
        constraints = [
            models.UniqueConstraint(fields=["instance", "credential"], name="one_link_per_instance"),
            models.CheckConstraint(condition=Q(status__in=AccountStatus.values), name="account_status_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        """Return whether posts may start."""
        return self.status == AccountStatus.ACTIVE

    @property
    def expires_in(self) -> timedelta | None:
        """Return the time left on the refresh token when it is short, else None."""
        return time_left(self.status, self.credential.refresh_expires_at)


def time_left(status: str, ends_at: datetime | None) -> timedelta | None:
    """Compute ``expires_in`` from the columns alone."""
    left = ends_at - timezone.now() if ends_at else None
    return left if left is not None and status == AccountStatus.ACTIVE and left < EXPIRING_WITHIN else None


def shown_status(status: str, ends_at: datetime | None, scopes: Collection[str]) -> str:
    """Return the status as people see it: an active account may be "limited" (can’t publish) or "expiring"."""
    if status == AccountStatus.ACTIVE and Scope.VIDEO_PUBLISH not in scopes:
        return LIMITED
    return EXPIRING if time_left(status, ends_at) is not None else status
