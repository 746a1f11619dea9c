"""``manage.py confirm_address``: for a person whose confirmation email does not arrive."""

from typing import Any

from django.db import transaction

from accounts.audit import record_about_person
from accounts.confirmation import confirm_login
from accounts.management.person_command import PersonCommand, find_person


class Command(PersonCommand):
    """Confirm a person's address; may run twice."""

    help = "Confirm the address of a person, so that they can sign in without the link from an email."

    def handle(self, *args: Any, **options: Any) -> None:
        """Confirm it and record it in the audit log of each of their tenants."""
        user = find_person(options["email"])
        with transaction.atomic():
            if is_new := confirm_login(user):
                record_about_person("address.confirmed", person=user, actor=None, address=user.email)
        self.stdout.write(f"{user.email}: confirmed." if is_new else f"{user.email} was confirmed already.")
