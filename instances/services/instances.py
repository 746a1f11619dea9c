"""Creates and renames tenants and instances, and sets the tenant's policies."""

from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.audit import record
from accounts.models import Tenant, TenantMembership, TenantRole, User
from instances.acting import needs
from instances.models import Instance
from instances.refusals import NotAllowed, SlugTaken
from instances.roles import Permission
from instances.services.quotas import need_room

LONGEST_STEM: Final = 44  # leaves room for "-" and five digits within the 50 of a slug


def suggest_slug(name: str) -> str:
    """Return an address made from a name; it is free now, so ``create_instance`` checks again."""
    stem = slugify(name.replace("_", "-"))[:LONGEST_STEM].strip("-") or "instance"
    taken = set(Instance.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    return next(slug for n in range(1, len(taken) + 2) if (slug := stem if n == 1 else f"{stem}-{n}") not in taken)


def create_tenant_with_instance(
    *, owner: User, tenant_name: str, instance_name: str = "", slug: str = "", time_zone: str = ""
) -> tuple[Tenant, Instance]:
    """Create a tenant with ``owner`` and a first instance. Raises SlugTaken."""
    with transaction.atomic():
        tenant = Tenant.objects.create(name=tenant_name)
        TenantMembership.objects.create(user=owner, tenant=tenant, role=TenantRole.OWNER)
        record("tenant.created", tenant=tenant, actor=owner, target=tenant, name=tenant_name)
        name = instance_name or tenant_name
        return tenant, add_instance(tenant, actor=owner, name=name, slug=slug, time_zone=time_zone)


def create_instance(tenant: Tenant, *, actor: User, name: str, slug: str = "", time_zone: str = "") -> Instance:
    """Create an instance, for owners and admins of the tenant. Raises NotAllowed, SlugTaken or QuotaReached."""
    places = TenantMembership.objects.filter(
        tenant=tenant, user=actor, role__in=[TenantRole.OWNER, TenantRole.ADMIN], user__is_active=True
    )
    if not places.exists():
        raise NotAllowed(_("Only owners and admins of a team can create instances."))
    return add_instance(tenant, actor=actor, name=name, slug=slug, time_zone=time_zone)


def add_instance(
    tenant: Tenant, *, actor: User | None, name: str, slug: str = "", time_zone: str = "", tries: int = 5
) -> Instance:
    """Create an instance without a permission check; a suggested address that was taken is replaced by another."""
    try:
        with transaction.atomic():
            instance = Instance.objects.create(
                tenant=tenant,
                name=name,
                slug=slug or suggest_slug(name),
                time_zone=time_zone or settings.DEFAULT_INSTANCE_TIME_ZONE,
            )
            most = settings.QUOTA_INSTANCES
            mine = Instance.objects.filter(tenant=tenant)
            need_room(mine, holder=tenant, most=most, refusal=_too_many(tenant, most), code="quota_instances")
            record("instance.created", tenant=tenant, actor=actor, instance_id=instance.pk, target=instance, name=name)
            return instance
    except IntegrityError as error:
        if slug or tries == 1:
            raise SlugTaken from error
    return add_instance(tenant, actor=actor, name=name, time_zone=time_zone, tries=tries - 1)


def _too_many(tenant: Tenant, most: int) -> str:
    text = ngettext(
        "%(tenant)s can have %(most)d instance. Ask your administrator for more.",
        "%(tenant)s can have %(most)d instances. Ask your administrator for more.",
        most,
    )
    return text % {"most": most, "tenant": tenant}


@needs(Permission.SETTINGS_MANAGE)
def update_instance(instance: Instance, *, actor: User, name: str, time_zone: str) -> None:
    """Change name and time zone; the address stays. Raises NotAllowed."""
    with transaction.atomic():
        instance.name, instance.time_zone = name, time_zone
        instance.save(update_fields=["name", "time_zone"])
        record(
            "instance.updated",
            tenant=instance.tenant,
            actor=actor,
            instance_id=instance.pk,
            target=instance,
            name=name,
            time_zone=time_zone,
        )


@needs(Permission.OWNER_MANAGE)
def set_two_factor_policy(instance: Instance, *, actor: User, required: bool) -> None:
    """Require two-factor sign-in in the instance's tenant, or stop requiring it. Raises NotAllowed."""
    with transaction.atomic():
        Tenant.objects.filter(pk=instance.tenant_id).update(require_two_factor=required)
        instance.tenant.require_two_factor = required
        record("tenant.two_factor", tenant=instance.tenant, actor=actor, target=instance.tenant, required=required)
