"""People and customers, and which tenant a person belongs to. Knows nothing of instances or TikTok."""

import uuid
from typing import Any, ClassVar, Final, NoReturn

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.managers import UserManager

LONGEST_EMAIL: Final = 254  # what an EmailField's column holds; its form field takes more


class User(AbstractBaseUser, PermissionsMixin):
    """A person. The email address, in lower case, is the login."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("email address"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    language = models.CharField(_("language"), max_length=12, blank=True)
    is_staff = models.BooleanField(_("can open Administration"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.CheckConstraint(condition=Q(email=models.functions.Lower("email")), name="user_email_lower")
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        """Keep the login in lower case."""
        super().clean()
        self.email = self.email.strip().lower()

    def get_full_name(self) -> str:
        """Return the person's name, which may be empty."""
        return self.name


class TenantRole(models.TextChoices):
    """A person's role in a tenant."""

    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Admin")
    MEMBER = "member", _("Member")


class Tenant(models.Model):
    """The customer: instances belong to it, and its owners and admins act as admin in all of them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=120)
    require_two_factor = models.BooleanField(_("two-factor sign-in required"), default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    members = models.ManyToManyField(User, through="TenantMembership", related_name="tenants")

    class Meta:
        verbose_name = _("tenant")
        verbose_name_plural = _("tenants")

    def __str__(self) -> str:
        return self.name


class TenantMembership(models.Model):
    """A person's membership in a tenant."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tenant_memberships")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=TenantRole.choices, default=TenantRole.MEMBER)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("tenant member")
        verbose_name_plural = _("tenant members")
        constraints = [
            models.UniqueConstraint(fields=["user", "tenant"], name="one_place_per_tenant"),
            models.CheckConstraint(condition=Q(role__in=TenantRole.values), name="tenant_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"


class AuditLogEntry(models.Model):
    """One line of the audit log: append-only, written by ``accounts.audit.record`` beside the act it records."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    instance_id = models.UUIDField(null=True, db_index=True)
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    actor_label = models.CharField(max_length=254)
    action = models.CharField(max_length=60)
    target_type = models.CharField(max_length=60, blank=True)
    target_id = models.CharField(max_length=64, blank=True)
    detail = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("audit log entry")
        verbose_name_plural = _("audit log")
        ordering = ["-at"]
        indexes = [
            models.Index(fields=["tenant", "-at"], name="audit_by_tenant"),
            models.Index(fields=["target_id", "-at"], name="audit_by_target"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_label}: {self.action}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save a new line. Raises TypeError for an existing one."""
        if not self._state.adding:
            raise TypeError("the audit log is append-only")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise TypeError: lines are deleted only with their tenant."""
        raise TypeError("the audit log is append-only")


class LimitEntry(models.Model):
    """A rate limit, a lockout or the mark of a used code, as JSON; ``accounts.limits`` reads and writes it."""

    LONGEST_KEY: Final = 250

    key = models.CharField(primary_key=True, max_length=LONGEST_KEY)
    value = models.TextField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("limit")
        verbose_name_plural = _("limits")

    def __str__(self) -> str:
        return self.key


class EmailChange(models.Model):
    """A change of address in progress: first the old address confirms, then the new one.

    One per person. Only the hash of the link's token is kept; ``token_hash`` belongs to the step that waits.
    """

    class Step(models.TextChoices):
        """The address whose confirmation is awaited."""

        OLD = "old", _("Old address")
        NEW = "new", _("New address")

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="+")
    old_email = models.EmailField()
    new_email = models.EmailField()
    step = models.CharField(max_length=3, choices=Step.choices, default=Step.OLD)
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(step__in=["old", "new"]), name="email_change_step_known")]

    def __str__(self) -> str:
        return f"{self.old_email} → {self.new_email}"
