"""Services for staff in Django admin: like those for members, but without requiring a role in the tenant."""

from django.db import transaction

from accounts.audit import record
from accounts.models import Tenant, TenantMembership, TenantRole, User
from instances.models import Instance, Membership
from instances.roles import Role, reaches
from instances.services.members import (
    TENANT_ROLE_OF,
    forget_invitations,
    leave_instance,
    leave_tenant,
    lock_tenant,
    revoke_lost_keys,
)

TENANT_RANKS = [TenantRole.MEMBER, TenantRole.ADMIN, TenantRole.OWNER]


def update_tenant(tenant: Tenant, *, actor: User, changed: list[str]) -> None:
    """Save a changed tenant; the two-factor policy gets an audit line of its own."""
    with transaction.atomic():
        tenant.save()
        if "name" in changed:
            record("tenant.updated", tenant=tenant, actor=actor, target=tenant, name=tenant.name, by_staff=True)
        if "require_two_factor" in changed:
            required = tenant.require_two_factor
            record("tenant.two_factor", tenant=tenant, actor=actor, target=tenant, required=required, by_staff=True)


def set_tenant_role(place: TenantMembership, *, actor: User) -> None:
    """Save a new or changed place in a tenant; keys and invitations that the role no longer covers end."""
    with transaction.atomic():
        tenant = lock_tenant(place.tenant_id)
        before = TenantMembership.objects.filter(pk=place.pk).values_list("role", flat=True).first() or ""
        place.save()
        if before and TENANT_RANKS.index(TenantRole(place.role)) < TENANT_RANKS.index(TenantRole(before)):
            forget_invitations(tenant, place.user)
        revoke_lost_keys(tenant, place.user)
        _record_place(tenant, None, place.user, actor, before, place.role)


def set_instance_role(membership: Membership, *, actor: User) -> None:
    """Save a new or changed place in an instance; it counts only with a place in the tenant, which is added."""
    instance = membership.instance
    with transaction.atomic():
        tenant = lock_tenant(instance.tenant_id)
        before = Membership.objects.filter(pk=membership.pk).values_list("role", flat=True).first() or ""
        TenantMembership.objects.get_or_create(user=membership.user, tenant=tenant)
        membership.save()
        if before and not reaches(Role(membership.role), Role(before)):
            forget_invitations(tenant, membership.user)
        _record_place(tenant, instance, membership.user, actor, before, membership.role)


def remove_from_tenant(place: TenantMembership, *, actor: User) -> None:
    """Take a person out of the tenant and all its instances; their API keys and open invitations end for good."""
    with transaction.atomic():
        tenant = lock_tenant(place.tenant_id)
        leave_tenant(tenant, place.user)
        forget_invitations(tenant, place.user)
        _record_removal(tenant, None, place.user, actor, place.role)


def remove_from_instance(membership: Membership, *, actor: User) -> None:
    """Take a person out of an instance; those who lead the tenant keep their access by that."""
    instance = membership.instance
    with transaction.atomic():
        tenant = lock_tenant(instance.tenant_id)
        leads = TenantMembership.objects.filter(
            user=membership.user, tenant=tenant, role__in=TENANT_ROLE_OF.values()
        ).exists()
        if leads:
            Membership.objects.filter(pk=membership.pk).delete()
        else:
            leave_instance(instance, membership.user)
            forget_invitations(tenant, membership.user)
        _record_removal(tenant, instance, membership.user, actor, membership.role)


def _record_place(
    tenant: Tenant, instance: Instance | None, member: User, actor: User, before: str, after: str
) -> None:
    record(
        "member.role_changed" if before else "member.added",
        tenant=tenant, actor=actor, instance_id=instance.pk if instance else None, target=member,
        member=member.email, before=before, after=after, by_staff=True,
    )  # fmt: skip


def _record_removal(tenant: Tenant, instance: Instance | None, member: User, actor: User, role: str) -> None:
    record(
        "member.removed",
        tenant=tenant, actor=actor, instance_id=instance.pk if instance else None, target=member,
        member=member.email, role=role, by_staff=True,
    )  # fmt: skip
