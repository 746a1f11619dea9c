"""``manage.py create_owner``: the owner of the first tenant, or of a further one."""

import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction

from accounts.models import TenantMembership, TenantRole, User
from instances.models import Instance
from instances.models.instance import slug_validator
from instances.services.first_owner import add_customer, invite_owner, is_first_account, make_owner


class Command(BaseCommand):
    help = (
        "Create a tenant, its first instance and its owner. Without a password, print a link for the owner. "
        "The first account of a deployment is also staff."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True, help="the owner's address, which is their login")
        parser.add_argument("--tenant", required=True, help="the tenant's name, such as a company")
        parser.add_argument("--instance", required=True, help="the first instance's address, such as “acme”")
        parser.add_argument("--password-stdin", action="store_true", help="read a password and create the account now")
        parser.add_argument(
            "--staff", action="store_true", help="also give the owner access to /admin/, where they see every tenant"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        email, slug = options["email"].strip().lower(), options["instance"]
        self._check(email, slug)
        password = sys.stdin.readline().rstrip("\r\n") if options["password_stdin"] else None
        with transaction.atomic():
            earlier = Instance.objects.filter(slug=slug).select_related("tenant").first()
            is_first = is_first_account(earlier)
            instance = earlier or add_customer(tenant_name=options["tenant"], slug=slug)
            self._refuse_owned(instance)
            gives_staff = is_first or options["staff"]
            if password is None:
                link = invite_owner(instance, email=email, gives_staff=gives_staff).link
                said = f"Open this link within seven days to create your account:\n{link}"
            else:
                make_owner(instance, user=self._person(email, password), gives_staff=gives_staff)
                said = f"{email} can sign in now and owns {instance.tenant}."
        self._warn_about_staff(email, is_first=is_first, gives_staff=gives_staff)
        self.stdout.write(said)

    def _check(self, email: str, slug: str) -> None:
        try:
            validate_email(email)
            slug_validator(slug)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        if User.objects.filter(email=email).exists():
            raise CommandError(f"{email} already has an account.")

    def _person(self, email: str, password: str) -> User:
        user = User(email=email)
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        user.set_password(password)
        user.save()
        return user

    def _refuse_owned(self, instance: Instance) -> None:
        if TenantMembership.objects.filter(tenant=instance.tenant, role=TenantRole.OWNER).exists():
            raise CommandError(f"{instance.tenant} already has an owner, who can invite more people.")

    def _warn_about_staff(self, email: str, *, is_first: bool, gives_staff: bool) -> None:
        if is_first:
            self.stdout.write(f"This is the first account: {email} is also staff and has access to /admin/.")
        elif gives_staff:
            self.stderr.write(
                self.style.WARNING(
                    f"Warning: {email} is also staff: in /admin/ they can read and change the data of every tenant."
                )
            )
