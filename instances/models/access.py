"""Members, invitations and API keys of an instance."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Tenant, TenantRole, User
from instances.models.instance import Instance


class InstanceRole(models.TextChoices):
    """The roles of one instance."""

    ADMIN = "admin", _("Admin")
    EDITOR = "editor", _("Editor")
    VIEWER = "viewer", _("Viewer")


class Membership(models.Model):
    """A person's membership in one instance. Tenant owners and admins need none."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="instance_memberships")
    instance = models.ForeignKey(Instance, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=InstanceRole.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.UniqueConstraint(fields=["user", "instance"], name="one_place_per_instance"),
            models.CheckConstraint(condition=Q(role__in=InstanceRole.values), name="instance_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"


class Invitation(models.Model):
    """A one-time link for one email address: single use, 7 days; the token is stored as its SHA-256 only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    email = models.EmailField(_("email address"))
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="invitations")
    tenant_role = models.CharField(max_length=10, choices=TenantRole.choices, default=TenantRole.MEMBER)
    is_first_owner = models.BooleanField(default=False, editable=False)
    gives_staff = models.BooleanField(default=False, editable=False)
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, editable=False)
    accepted_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.email


class InvitationGrant(models.Model):
    """A role in one instance that an invitation gives when it is accepted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="grants")
    instance = models.ForeignKey(Instance, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=10, choices=InstanceRole.choices)

    class Meta:
        verbose_name = _("invited role")
        verbose_name_plural = _("invited roles")
        constraints = [models.UniqueConstraint(fields=["invitation", "instance"], name="one_grant_per_instance")]

    def __str__(self) -> str:
        return f"{self.invitation} · {self.get_role_display()}"


class ApiKey(models.Model):
    """An API key to one instance: hashed, shown once, never worth more than its creator's current role."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=16, editable=False)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    instance = models.ForeignKey(Instance, on_delete=models.CASCADE, related_name="api_keys")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    minute_at = models.DateTimeField(null=True, editable=False)  # when the minute began whose requests are counted
    minute_count = models.PositiveIntegerField(default=0, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
