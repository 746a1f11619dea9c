"""ConnectLink: a one-time page on which an account owner without a login links their TikTok account to an instance."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from instances.models import Instance
from tiktok.models.account import TikTokAccount
from tiktok.models.app import TikTokApp


class ConnectLink(models.Model):
    """A single-use link; the token is stored as its SHA-256 only. A directory table.

    ``name`` becomes the account's name and ``note`` is shown to the person who opens the link. The link allows no more
    than ``maker``, who created it, may do at the moment of use. It outlives its instance, so that its page can still
    explain what happened.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    instance = models.ForeignKey(Instance, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    app = models.ForeignKey(TikTokApp, null=True, on_delete=models.SET_NULL, related_name="+")
    maker = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    name = models.CharField(_("name"), max_length=80, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, editable=False)
    account = models.ForeignKey(TikTokAccount, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)

    class Meta:
        verbose_name = _("connect link")
        verbose_name_plural = _("connect links")
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["instance", "-created_at", "-id"], name="connect_link_newest")]
        constraints = [
            models.CheckConstraint(condition=Q(used_at=None) | Q(revoked_at=None), name="connect_link_used_or_revoked")
        ]

    def __str__(self) -> str:
        return self.name or str(self.pk)
