"""Permissions of a person in an instance."""

from dataclasses import dataclass

from allauth.mfa.utils import is_mfa_enabled
from django.db.models import OuterRef, QuerySet, Subquery

from accounts.models import Tenant, TenantMembership, TenantRole, User
from instances.models import Instance, Membership
from instances.roles import ALLOWED, Permission, Role

TENANT_ROLES = {TenantRole.OWNER: Role.OWNER, TenantRole.ADMIN: Role.TENANT_ADMIN}


@dataclass(frozen=True, slots=True)
class Access:
    """A person's role in one instance; ``scopes`` limits it further for requests with an API key."""

    instance: Instance
    user: User
    role: Role
    scopes: frozenset[str] | None = None

    def can(self, permission: Permission) -> bool:
        """Return whether the role has this permission."""
        return permission in ALLOWED[self.role]


def role_of(user: User, instance: Instance) -> Role | None:
    """Return the person's role, that of the tenant first; None for strangers and inactive people. One statement."""
    found = access_among(Instance.objects.filter(pk=instance.pk), user)
    return found.role if found else None


def access_for(user: User, instance: Instance) -> Access | None:
    """Return the person's access to the instance, or None for strangers."""
    role = role_of(user, instance)
    return Access(instance, user, role) if role else None


def lacks_second_factor(user: User, tenant: Tenant) -> bool:
    """Return whether the tenant requires two-factor sign-in and the person has not set it up."""
    return tenant.require_two_factor and not is_mfa_enabled(user)


def access_among(instances: QuerySet[Instance], user: User) -> Access | None:
    """Return the person's access to the first of ``instances``; None without an instance and for strangers."""
    place = TenantMembership.objects.filter(user=user, tenant=OuterRef("tenant"))
    member = Membership.objects.filter(user=user, instance=OuterRef("pk"))
    roles = {"tenant_role": Subquery(place.values("role")[:1]), "own_role": Subquery(member.values("role")[:1])}
    found = instances.annotate(**roles).first()
    if found is None or not user.is_active:
        return None
    role = _role(found.tenant_role, found.own_role)  # type: ignore[attr-defined]
    return Access(found, user, role) if role else None


def _role(tenant_role: str | None, own_role: str | None) -> Role | None:
    """Return the tenant's role if it counts everywhere; an instance's role counts only with a tenant membership."""
    if tenant_role is None:
        return None
    if (leads := TENANT_ROLES.get(TenantRole(tenant_role))) is not None:
        return leads
    return Role(own_role) if own_role else None
