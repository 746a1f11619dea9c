"""``manage.py confirm_address``: for a person whose confirmation email does not arrive."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.audit import record_about_person
from accounts.confirmation import confirm_login
from accounts.models import User


class Command(BaseCommand):
    """Confirm a person's address; may run twice."""

    help = "Confirm the address of a person, so that they can sign in without the link from an email."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the option for the person."""
        parser.add_argument("--email", required=True, help="the person's address, which is their login")

    def handle(self, *args: Any, **options: Any) -> None:
        """Confirm it and record it in the audit log of each of their tenants."""
        user = User.objects.filter(email__iexact=options["email"].strip()).first()
        if user is None:
            raise CommandError(f"There is no account with the address {options['email']}.")
        with transaction.atomic():
            if is_new := confirm_login(user):
                record_about_person("address.confirmed", person=user, actor=None, address=user.email)
        self.stdout.write(f"{user.email}: confirmed." if is_new else f"{user.email} was confirmed already.")
