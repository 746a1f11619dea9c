"""TikTokApp: a developer app at TikTok, the deployment's or a tenant's."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Tenant
from tiktok.api.types import USED_SCOPES
from tiktok.models.fields import EncryptedTextField
from tiktok.models.ways import MediaSource


class AppEnvironment(models.TextChoices):
    """The environment in which the app's keys are valid."""

    SANDBOX = "sandbox", _("Sandbox")
    PRODUCTION = "production", _("Production")


class AppType(models.TextChoices):
    """The platform under which the redirect URI is registered; desktop allows http on localhost."""

    WEB = "web", _("Web")
    DESKTOP = "desktop", _("Desktop")


class PkceMode(models.TextChoices):
    """The encoding of the PKCE challenge (docs/tiktok.md, section 2): hex digest for desktop apps, none for web."""

    OFF = "off", _("Off")
    HEX = "hex", _("Hex (desktop)")
    BASE64URL = "base64url", _("Base64url")


def default_scopes() -> list[str]:
    """Return the scopes that Clipdesk uses."""
    return [scope.value for scope in USED_SCOPES]


class TikTokApp(models.Model):
    """The client key and secret with which accounts are linked; never deleted while in use.

    TikTok takes no post of a further account through it before ``users_held_until``, as far as it has said. For a day
    after ``chunks_refused_at`` only chunks smaller than ``refused_chunk_bytes`` are planned.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=80)
    client_key = models.CharField(_("client key"), max_length=80, unique=True)
    client_secret = EncryptedTextField(_("client secret"))
    old_client_secret = EncryptedTextField(_("client secret before the change"))
    secret_set_at = models.DateTimeField(_("secret set at"), null=True, editable=False)
    environment = models.CharField(
        _("environment"), max_length=10, choices=AppEnvironment.choices, default=AppEnvironment.PRODUCTION
    )
    app_type = models.CharField(_("type"), max_length=7, choices=AppType.choices, default=AppType.WEB)
    redirect_uri = models.CharField(_("redirect URI"), max_length=511)
    scopes = models.JSONField(_("scopes"), default=default_scopes)
    pkce = models.CharField(_("PKCE"), max_length=9, choices=PkceMode.choices, default=PkceMode.OFF)
    is_audited = models.BooleanField(
        _("audited"), null=True, blank=True, help_text=_("Unknown until TikTok’s answers show it.")
    )
    tenant = models.ForeignKey(
        Tenant, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text=_("If empty, every tenant of this installation can use it."),
    )  # fmt: skip
    video_transfer = models.CharField(
        _("transfer of videos"), max_length=13, choices=MediaSource.choices, default=MediaSource.FILE_UPLOAD
    )
    url_prefix = models.CharField(
        _("URL prefix"), max_length=300, blank=True,
        help_text=_("TikTok downloads media below it, as registered in TikTok’s portal. Ends with a slash."),
    )  # fmt: skip
    verification_file = models.CharField(_("verification file"), max_length=120, blank=True)
    verification_content = models.CharField(_("content of the verification file"), max_length=300, blank=True)
    prefix_checked_at = models.DateTimeField(null=True, editable=False)
    prefix_problem = models.CharField(max_length=40, blank=True, editable=False)
    refused_chunk_bytes = models.PositiveBigIntegerField(null=True, editable=False)
    chunks_refused_at = models.DateTimeField(null=True, editable=False)
    users_held_until = models.DateTimeField(null=True, editable=False)
    is_from_environment = models.BooleanField(default=False, editable=False)
    # Steps of the set-up guide that passed their check, with the time of the last check (ISO).
    setup_ticks = models.JSONField(default=dict, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("TikTok app")
        verbose_name_plural = _("TikTok apps")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_from_environment"],
                condition=Q(is_from_environment=True),
                name="one_environment_app",
            )
        ]

    def __str__(self) -> str:
        return str(_("%(name)s (sandbox)") % {"name": self.name}) if self.is_sandbox else self.name

    @property
    def can_pull(self) -> bool:
        """Return whether TikTok can download media from here: the prefix was reached from outside at the last check."""
        return bool(self.url_prefix and self.prefix_checked_at and not self.prefix_problem)

    @property
    def video_source(self) -> MediaSource:
        """Return how a video gets to TikTok now: uploaded while TikTok cannot download, even if that was chosen."""
        return MediaSource(self.video_transfer) if self.can_pull else MediaSource.FILE_UPLOAD

    @property
    def is_sandbox(self) -> bool:
        """Return whether accounts linked through the app can publish only in the sandbox."""
        return self.environment == AppEnvironment.SANDBOX
