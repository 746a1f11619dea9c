"""How a tenant gets its first owner: the deployment's first person, and each further customer that staff add."""

from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.audit import record
from accounts.models import Tenant, TenantMembership, TenantRole, User
from instances.models import Instance, Invitation
from instances.services.instances import add_instance
from instances.services.invitations import Invited, invite_first_owner
from instances.services.members import make_staff

FIRST_TENANT: Final = "My team"


def first_owner_link() -> str | None:
    """Return a one-time link for the first account; an earlier link ends.

    None once there is an account or an invitation that the operator sent.
    """
    with transaction.atomic():
        if User.objects.exists() or _open_links().exclude(email="").exists():
            return None
        instance = _first_instance()
        _end_nameless_links()
        return invite_first_owner(instance, email="", gives_staff=True).link


def is_first_account(instance: Instance | None) -> bool:
    """Return whether the owner of this instance (None: of a new one) is the deployment's first person.

    That one is staff too. There are no people yet, and no open link of another tenant makes one staff.
    """
    promised = _open_links().filter(gives_staff=True, expires_at__gt=timezone.now()).exclude(email="")
    if instance:
        promised = promised.exclude(tenant=instance.tenant_id)
    return not User.objects.exists() and not promised.exists()


def add_customer(*, tenant_name: str, slug: str = "", actor: User | None = None) -> Instance:
    """Make a tenant without people and its first instance. Raises SlugTaken."""
    with transaction.atomic():
        tenant = Tenant.objects.create(name=tenant_name)
        record("tenant.created", tenant=tenant, actor=actor, target=tenant, name=tenant_name)
        return add_instance(tenant, actor=actor, name=tenant_name, slug=slug)


def invite_owner(instance: Instance, *, email: str, gives_staff: bool = False, actor: User | None = None) -> Invited:
    """Invite the person that the operator chose; the link that ``up`` printed for the first one ends."""
    with transaction.atomic():
        _end_nameless_links()
        return invite_first_owner(instance, email=email, gives_staff=gives_staff, actor=actor)


def make_owner(instance: Instance, *, user: User, gives_staff: bool) -> None:
    """Make a new person the owner of an instance's tenant at once; links that were to make one end."""
    with transaction.atomic():
        _end_nameless_links()
        _open_links().filter(tenant=instance.tenant_id).update(revoked_at=timezone.now())
        TenantMembership.objects.create(user=user, tenant=instance.tenant, role=TenantRole.OWNER)
        record("tenant.owner_made", tenant=instance.tenant, actor=None, target=user, email=user.email)
        if gives_staff:
            make_staff(user, tenant=instance.tenant)


def _open_links() -> QuerySet[Invitation]:
    return Invitation.objects.filter(is_first_owner=True, accepted_at=None, revoked_at=None)


def _end_nameless_links() -> None:
    _open_links().filter(email="").update(revoked_at=timezone.now())


def _first_instance() -> Instance:
    """Return the instance of an earlier link, or a new one."""
    earlier = Invitation.objects.filter(is_first_owner=True, email="").first()
    instance = Instance.objects.filter(tenant=earlier.tenant).first() if earlier else None
    return instance or add_customer(tenant_name=FIRST_TENANT)
