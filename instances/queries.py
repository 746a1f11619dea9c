"""Queries of the pages about instances and people."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.functional import Promise

from accounts.models import Tenant, TenantMembership, TenantRole, User
from instances.models import ApiKey, Instance, Invitation, Membership
from instances.roles import RANKS, ROLES, Role, RoleRow, reaches, up_to
from instances.services.invitations import pending_of, role_given, state_of
from instances.services.members import LEAST_OWNERS_TO_LOSE_ONE, TENANT_ROLE_OF

LEADS = [TenantRole.OWNER, TenantRole.ADMIN]


def instances_of(user: User) -> QuerySet[Instance]:
    """Return every instance that the person may open, by name, with its tenant."""
    place = TenantMembership.objects.filter(user=user, tenant=OuterRef("tenant"))
    member = Membership.objects.filter(user=user, instance=OuterRef("pk"))
    mine = Exists(place.filter(role__in=LEADS)) | (Exists(place) & Exists(member))
    return Instance.objects.filter(mine).select_related("tenant").order_by("name", "slug")


def tenants_led_by(user: User) -> QuerySet[Tenant]:
    """Return the tenants in which the person may create instances."""
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
    choices: tuple[Role, ...]  # the roles that the reader may give them; empty where the reader may change nothing
    is_last_owner: bool = False

    @property
    def role_label(self) -> Promise:
        """Return the role's name."""
        return ROLES[self.role].label

    @property
    def role_summary(self) -> Promise:
        """Return what the role may do, in one sentence."""
        return ROLES[self.role].summary

    @property
    def options(self) -> list[tuple[str, RoleRow]]:
        """Return the roles to choose from, lowest first."""
        return [(role.value, ROLES[role]) for role in self.choices]

    @property
    def whole_tenant(self) -> bool:
        """Return whether the role counts in all instances of the tenant."""
        return self.role in TENANT_ROLE_OF


def members_of(instance: Instance, *, reader: Role) -> list[Member]:
    """Return everyone who may open the instance, highest role first; two statements."""
    tenant_roles = {role.value: name for name, role in TENANT_ROLE_OF.items()}
    places = list(TenantMembership.objects.filter(tenant_id=instance.tenant_id).select_related("user"))
    owners = sum(place.role == TenantRole.OWNER and place.user.is_active for place in places)
    roles = dict(Membership.objects.filter(instance=instance).values_list("user_id", "role"))
    found = [
        _member(place.user, role, reader, is_last_owner=role == Role.OWNER and owners < LEAST_OWNERS_TO_LOSE_ONE)
        for place in places
        if (role := tenant_roles.get(place.role) or _role(roles.get(place.user_id)))
    ]
    return sorted(found, key=lambda member: (-RANKS.index(member.role), str(member.user).lower()))


def _role(value: str | None) -> Role | None:
    return Role(value) if value else None


def _member(user: User, role: Role, reader: Role, *, is_last_owner: bool) -> Member:
    choices = up_to(reader) if reaches(reader, role) and not is_last_owner else ()
    return Member(user, role, choices, is_last_owner)


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """One line of the invitations list."""

    invitation: Invitation
    role_label: Promise
    state: str
    in_reach: bool


def invitations_of(instance: Instance, *, reader: Role) -> list[OpenInvitation]:
    """Return open and expired invitations, newest first; two statements."""
    found = pending_of(instance).select_related("invited_by").prefetch_related("grants")
    lines = []
    for invitation in found:
        role = role_given(invitation, instance)
        lines.append(OpenInvitation(invitation, ROLES[role].label, state_of(invitation), reaches(reader, role)))
    return lines


def api_keys_of(instance: Instance) -> QuerySet[ApiKey]:
    """Return the instance's keys that were not revoked, newest first."""
    return ApiKey.objects.filter(instance=instance, revoked_at=None).select_related("user")


def member_or_none(instance: Instance, user_id: UUID) -> User | None:
    """Return the user if they have a role in the instance."""
    place = (
        TenantMembership.objects.filter(user_id=user_id, tenant_id=instance.tenant_id).select_related("user").first()
    )
    if place is None:
        return None
    inside = place.role in LEADS or Membership.objects.filter(user_id=user_id, instance=instance).exists()
    return place.user if inside else None
