"""Members and roles. A person never reaches above their own role, and a tenant keeps an owner."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.audit import record
from accounts.models import Tenant, TenantMembership, TenantRole, User
from instances.access import role_of
from instances.models import ApiKey, Instance, Invitation, Membership
from instances.refusals import LastOwner, NotAllowed
from instances.roles import Role, reaches, up_to

LEAST_OWNERS_TO_LOSE_ONE = 2
TENANT_ROLE_OF = {Role.OWNER: TenantRole.OWNER, Role.TENANT_ADMIN: TenantRole.ADMIN}


def lock_tenant(tenant_id: UUID) -> Tenant:
    """Lock the tenant's memberships until the transaction ends."""
    return Tenant.objects.select_for_update().get(pk=tenant_id)


def need_reach(actor: User, instance: Instance, *roles: Role) -> Role:
    """Return the actor's role. Raises NotAllowed unless they may give and take all of ``roles``."""
    own = role_of(actor, instance)
    if own is None or not up_to(own) or not all(reaches(own, role) for role in roles):
        raise NotAllowed(_("You cannot give, change or remove a role above your own."))
    return own


def change_role(instance: Instance, *, actor: User, member: User, role: Role) -> None:
    """Change a member's role. Raises NotAllowed (for strangers too) or LastOwner."""
    with transaction.atomic():
        tenant = lock_tenant(instance.tenant_id)
        before = _role_in(instance, member)
        need_reach(actor, instance, before, role)
        if before == role:
            return
        if before == Role.OWNER:
            _keep_an_owner(tenant)
        set_role(instance, member=member, role=role)
        if not reaches(role, before):
            forget_invitations(tenant, member)
            revoke_lost_keys(tenant, member)
        record(
            "member.role_changed",
            tenant=tenant,
            actor=actor,
            instance_id=instance.pk,
            target=member,
            member=member.email,
            before=before.value,
            after=role.value,
        )


def set_role(instance: Instance, *, member: User, role: Role) -> None:
    """Set a role without a permission check."""
    TenantMembership.objects.update_or_create(
        user=member,
        tenant_id=instance.tenant_id,
        defaults={"role": TENANT_ROLE_OF.get(role, TenantRole.MEMBER)},
    )
    if role not in TENANT_ROLE_OF:
        Membership.objects.update_or_create(user=member, instance=instance, defaults={"role": role.value})


def make_staff(user: User, *, tenant: Tenant) -> None:
    """Give a person access to Django admin and record it in their tenant's audit log."""
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    record("person.staff_granted", tenant=tenant, actor=None, target=user, person=user.email)


def remove_member(instance: Instance, *, actor: User, member: User) -> None:
    """Remove a member with their API keys and open invitations; an owner or tenant admin leaves the whole tenant.

    Raises NotAllowed (for strangers too) or LastOwner.
    """
    with transaction.atomic():
        tenant = lock_tenant(instance.tenant_id)
        before = _role_in(instance, member)
        need_reach(actor, instance, before)
        if before == Role.OWNER:
            _keep_an_owner(tenant)
        if before in TENANT_ROLE_OF:
            leave_tenant(tenant, member)
        else:
            leave_instance(instance, member)
        forget_invitations(tenant, member)
        record(
            "member.removed",
            tenant=tenant,
            actor=actor,
            instance_id=instance.pk,
            target=member,
            member=member.email,
            role=before.value,
        )


def _role_in(instance: Instance, member: User) -> Role:
    """Return the member's role even if they are inactive: inactive members can be removed."""
    place = TenantMembership.objects.filter(user=member, tenant_id=instance.tenant_id).first()
    for role, tenant_role in TENANT_ROLE_OF.items():
        if place and place.role == tenant_role:
            return role
    membership = Membership.objects.filter(user=member, instance=instance).first()
    if place is None or membership is None:
        raise NotAllowed(_("This person is not a member of this instance."))
    return Role(membership.role)


def _keep_an_owner(tenant: Tenant) -> None:
    owners = TenantMembership.objects.filter(tenant=tenant, role=TenantRole.OWNER, user__is_active=True)
    if owners.count() < LEAST_OWNERS_TO_LOSE_ONE:
        raise LastOwner


def leave_tenant(tenant: Tenant, member: User) -> None:
    """Delete the memberships in the tenant and all its instances, without a permission check."""
    Membership.objects.filter(user=member, instance__tenant=tenant).delete()
    TenantMembership.objects.filter(user=member, tenant=tenant).delete()
    revoke_lost_keys(tenant, member)


def leave_instance(instance: Instance, member: User) -> None:
    """Delete the membership in the instance, and the one in the tenant with the last instance."""
    Membership.objects.filter(user=member, instance=instance).delete()
    if not Membership.objects.filter(user=member, instance__tenant_id=instance.tenant_id).exists():
        TenantMembership.objects.filter(user=member, tenant_id=instance.tenant_id).delete()
    revoke_lost_keys(instance.tenant, member)


def revoke_lost_keys(tenant: Tenant, member: User) -> None:
    """Revoke keys to instances that the person can no longer open: rejoining must not revive them."""
    place = TenantMembership.objects.filter(user=member, tenant=tenant).first()
    if place and place.role in TENANT_ROLE_OF.values():
        return
    mine = Membership.objects.filter(user=member, instance__tenant=tenant)
    entered = list(mine.values_list("instance_id", flat=True)) if place else []
    lost = ApiKey.objects.filter(user=member, instance__tenant=tenant, revoked_at=None).exclude(instance__in=entered)
    lost.update(revoked_at=timezone.now())


def forget_invitations(tenant: Tenant, member: User) -> None:
    """Revoke the open invitations that the person sent: they may no longer give those roles."""
    Invitation.objects.filter(tenant=tenant, invited_by=member, accepted_at=None, revoked_at=None).update(
        revoked_at=timezone.now()
    )
