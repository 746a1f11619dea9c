"""From a person and an instance to what they may do there."""

from dataclasses import dataclass

from accounts.models import TenantMembership, TenantRole, User
from instances.models import Instance, Membership
from instances.roles import ALLOWED, Permission, Role

TENANT_ROLES = {TenantRole.OWNER: Role.OWNER, TenantRole.ADMIN: Role.TENANT_ADMIN}


@dataclass(frozen=True, slots=True)
class Access:
    """A person's standing in one instance; ``scopes`` limits it further when a program acts for them."""

    instance: Instance
    user: User
    role: Role
    scopes: frozenset[str] | None = None

    def can(self, permission: Permission) -> bool:
        """Whether the role allows it."""
        return permission in ALLOWED[self.role]


def role_of(user: User, instance: Instance) -> Role | None:
    """The person's role, the tenant's first; None for strangers and inactive people."""
    if not user.is_active:
        return None
    place = TenantMembership.objects.filter(user=user, tenant_id=instance.tenant_id).first()
    if place is None:
        return None
    if place.role in TENANT_ROLES:
        return TENANT_ROLES[TenantRole(place.role)]
    membership = Membership.objects.filter(user=user, instance=instance).first()
    return Role(membership.role) if membership else None


def access_for(user: User, instance: Instance) -> Access | None:
    """The person's access to the instance, or None for strangers."""
    role = role_of(user, instance)
    return Access(instance, user, role) if role else None
