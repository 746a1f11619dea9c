"""The deployment's first person."""

import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction

from accounts.audit import record
from accounts.models import Tenant, TenantMembership, TenantRole, User
from instances.models import Instance
from instances.models.instance import slug_validator
from instances.services import create_tenant_with_instance, invite_first_owner
from instances.services.instances import add_instance


class Command(BaseCommand):
    help = "Make a tenant, its first instance and its owner, who is staff too; without a password, print their link."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True, help="the owner's address, which is their login")
        parser.add_argument("--tenant", required=True, help="the tenant's name, such as a company")
        parser.add_argument("--instance", required=True, help="the first instance's address, such as “acme”")
        parser.add_argument("--password-stdin", action="store_true", help="read a password and make the account now")

    def handle(self, *_args: Any, **options: Any) -> None:
        email, slug = options["email"].strip().lower(), options["instance"]
        self._check(email, slug)
        password = sys.stdin.readline().rstrip("\r\n") if options["password_stdin"] else ""
        if options["password_stdin"]:
            self._make(email, options["tenant"], slug, password)
        else:
            self._invite(email, options["tenant"], slug)

    def _check(self, email: str, slug: str) -> None:
        try:
            validate_email(email)
            slug_validator(slug)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        if User.objects.filter(email=email).exists():
            raise CommandError(f"{email} has an account already.")

    def _make(self, email: str, tenant_name: str, slug: str, password: str) -> None:
        user = User(email=email, is_staff=True, is_superuser=True)
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        instance = Instance.objects.filter(slug=slug).select_related("tenant").first()
        with transaction.atomic():
            user.set_password(password)
            user.save()
            if instance:
                self._join(instance, user)
            else:
                create_tenant_with_instance(owner=user, tenant_name=tenant_name, instance_name=tenant_name, slug=slug)
        self.stdout.write(f"{email} can sign in now and owns {tenant_name}.")

    def _join(self, instance: Instance, user: User) -> None:
        """The instance is there already, from a link that was printed and never used."""
        self._refuse_owned(instance)
        TenantMembership.objects.create(user=user, tenant=instance.tenant, role=TenantRole.OWNER)
        record("tenant.owner_made", tenant=instance.tenant, actor=None, target=user, email=user.email)

    def _invite(self, email: str, tenant_name: str, slug: str) -> None:
        """Running it again replaces the link."""
        with transaction.atomic():
            instance = Instance.objects.filter(slug=slug).select_related("tenant").first()
            if instance is None:
                tenant = Tenant.objects.create(name=tenant_name)
                instance = add_instance(tenant, actor=None, name=tenant_name, slug=slug)
            self._refuse_owned(instance)
            invited = invite_first_owner(instance, email=email)
        self.stdout.write(f"Open this link within seven days to make your account:\n{invited.link}")

    def _refuse_owned(self, instance: Instance) -> None:
        if TenantMembership.objects.filter(tenant=instance.tenant, role=TenantRole.OWNER).exists():
            raise CommandError(f"{instance.tenant} has an owner already; owners invite further people.")
