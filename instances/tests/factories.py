"""People, tenants and instances for tests."""

import factory
from factory.django import DjangoModelFactory

from accounts.models import Tenant, TenantMembership, TenantRole, User
from instances.models import Instance, Membership
from instances.models.access import InstanceRole

PASSWORD = "correct horse battery"


class UserFactory(DjangoModelFactory[User]):
    """A person who can sign in with PASSWORD."""

    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    name = factory.Sequence(lambda n: f"Person {n}")
    password = factory.django.Password(PASSWORD)


class TenantFactory(DjangoModelFactory[Tenant]):
    """A customer."""

    class Meta:
        model = Tenant

    name = factory.Sequence(lambda n: f"Tenant {n}")


class InstanceFactory(DjangoModelFactory[Instance]):
    """An instance of a tenant of its own, unless told otherwise."""

    class Meta:
        model = Instance

    tenant = factory.SubFactory(TenantFactory)
    name = factory.Sequence(lambda n: f"Instance {n}")
    slug = factory.Sequence(lambda n: f"instance-{n}")


def person_of(instance: Instance, role: str, **fields: str) -> User:
    """A person with this role: owner, tenant_admin, admin, editor, viewer, or tenant_member (no instance)."""
    user = UserFactory.create(**fields)
    tenant_role = {"owner": TenantRole.OWNER, "tenant_admin": TenantRole.ADMIN}.get(role, TenantRole.MEMBER)
    TenantMembership.objects.create(user=user, tenant=instance.tenant, role=tenant_role)
    if role in InstanceRole.values:
        Membership.objects.create(user=user, instance=instance, role=role)
    return user
