"""The way into a deployment that nobody has an account in yet."""

from typing import Final

from django.db import transaction
from django.utils import timezone

from accounts.models import Tenant, User
from instances.models import Instance, Invitation
from instances.services.instances import add_instance
from instances.services.invitations import invite_first_owner

FIRST_TENANT: Final = "My team"


def first_owner_link() -> str | None:
    """A one-time link for whoever started the product; an earlier one ends. None once somebody has an account, or
    while the operator's own choice of first owner (``create_owner``) is open.
    """
    with transaction.atomic():
        waiting = Invitation.objects.filter(is_first_owner=True, accepted_at=None, revoked_at=None)
        if User.objects.exists() or waiting.exclude(email="").exists():
            return None
        instance = _first_instance()
        waiting.update(revoked_at=timezone.now())
        return invite_first_owner(instance, email="").link


def _first_instance() -> Instance:
    """The one that an earlier link was for, or a new one."""
    earlier = Invitation.objects.filter(is_first_owner=True, email="").first()
    instance = Instance.objects.filter(tenant=earlier.tenant).first() if earlier else None
    return instance or add_instance(Tenant.objects.create(name=FIRST_TENANT), actor=None, name=FIRST_TENANT)
