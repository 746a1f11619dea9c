"""Commands of the operator about one person."""

import argparse

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User


class PersonCommand(BaseCommand):
    """A command that names a person by their address."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the option for the person."""
        parser.add_argument("--email", required=True, help="the person's address, which is their login")


def find_person(email: str) -> User:
    """Return the person with this address, in any case. Raises CommandError."""
    user = User.objects.filter(email__iexact=email.strip()).first()
    if user is None:
        raise CommandError(f"There is no account with the address {email}.")
    return user
