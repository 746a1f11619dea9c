"""What pages read about instances and people."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import AuditLogEntry, Tenant, TenantMembership, TenantRole, User
from instances.models import ApiKey, Instance, Invitation, Membership
from instances.roles import RANKS, Role, reaches, up_to
from instances.services.invitations import pending_of, role_given, state_of
from instances.services.members import TENANT_ROLE_OF

LEADS = [TenantRole.OWNER, TenantRole.ADMIN]
AUDIT_LINES = 100


def instances_of(user: User) -> QuerySet[Instance]:
    """Every instance that the person may enter, by name, with its tenant."""
    place = TenantMembership.objects.filter(user=user, tenant=OuterRef("tenant"))
    member = Membership.objects.filter(user=user, instance=OuterRef("pk"))
    mine = Exists(place.filter(role__in=LEADS)) | (Exists(place) & Exists(member))
    return Instance.objects.filter(mine).select_related("tenant").order_by("name", "slug")


def tenants_led_by(user: User) -> QuerySet[Tenant]:
    """The tenants in which the person may make instances."""
    return Tenant.objects.filter(memberships__user=user, memberships__role__in=LEADS).order_by("name")


def last_used_zone(tenants: Iterable[Tenant]) -> str:
    """Return the time zone of the newest instance of these tenants, or the deployment's default."""
    newest = Instance.objects.filter(tenant__in=tenants).order_by("-created_at").values_list("time_zone", flat=True)
    return newest.first() or settings.DEFAULT_INSTANCE_TIME_ZONE


@dataclass(frozen=True, slots=True)
class Member:
    """One line of the members page."""

    user: User
    role: Role
    choices: tuple[Role, ...]  # what the reader may make of them; empty when they are out of reach

    @property
    def role_label(self) -> Promise:
        """The role in words."""
        return ROLE_LABELS[self.role]

    @property
    def options(self) -> list[tuple[str, Promise]]:
        """The roles to choose from, lowest first."""
        return [(role.value, ROLE_LABELS[role]) for role in self.choices]

    @property
    def whole_tenant(self) -> bool:
        """Whether the role reaches over all instances of the tenant."""
        return self.role in TENANT_ROLE_OF


ROLE_LABELS = {
    Role.OWNER: _("Owner"),
    Role.TENANT_ADMIN: _("Admin of everything"),
    Role.ADMIN: _("Admin"),
    Role.EDITOR: _("Editor"),
    Role.VIEWER: _("Viewer"),
}


def members_of(instance: Instance, *, reader: Role) -> list[Member]:
    """Everybody who may enter the instance, highest role first; two statements."""
    tenant_roles = {role.value: name for name, role in TENANT_ROLE_OF.items()}
    places = TenantMembership.objects.filter(tenant_id=instance.tenant_id).select_related("user")
    roles = dict(Membership.objects.filter(instance=instance).values_list("user_id", "role"))
    found = [
        _member(place.user, role, reader)
        for place in places
        if (role := tenant_roles.get(place.role) or _role(roles.get(place.user_id)))
    ]
    return sorted(found, key=lambda member: (-RANKS.index(member.role), str(member.user).lower()))


def _role(value: str | None) -> Role | None:
    return Role(value) if value else None


def _member(user: User, role: Role, reader: Role) -> Member:
    return Member(user, role, up_to(reader) if reaches(reader, role) else ())


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """One line of the invitations list."""

    invitation: Invitation
    role_label: Promise
    state: str
    in_reach: bool


def invitations_of(instance: Instance, *, reader: Role) -> list[OpenInvitation]:
    """Invitations still to be answered, newest first, the expired among them; two statements."""
    found = pending_of(instance).select_related("invited_by").prefetch_related("grants")
    lines = []
    for invitation in found:
        role = role_given(invitation, instance)
        lines.append(OpenInvitation(invitation, ROLE_LABELS[role], state_of(invitation), reaches(reader, role)))
    return lines


def api_keys_of(instance: Instance) -> QuerySet[ApiKey]:
    """The instance's keys that were not revoked, newest first."""
    return ApiKey.objects.filter(instance=instance, revoked_at=None).select_related("user")


def audit_of(instance: Instance, *, reader: Role) -> QuerySet[AuditLogEntry]:
    """The last lines of this instance, newest first; its tenant's own lines for those who lead the tenant."""
    here = Q(instance_id=instance.pk)
    if reader in TENANT_ROLE_OF:
        here |= Q(instance_id=None)
    return AuditLogEntry.objects.filter(here, tenant_id=instance.tenant_id)[:AUDIT_LINES]


def member_or_none(instance: Instance, user_id: UUID) -> User | None:
    """The user if they belong to the instance in any role."""
    place = (
        TenantMembership.objects.filter(user_id=user_id, tenant_id=instance.tenant_id).select_related("user").first()
    )
    if place is None:
        return None
    inside = place.role in LEADS or Membership.objects.filter(user_id=user_id, instance=instance).exists()
    return place.user if inside else None
