"""``manage.py remove_two_factor``: for a person who lost their second factor, or whose encryption key is lost."""

import argparse
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.audit import record_about_person
from accounts.models import User


class Command(BaseCommand):
    """Remove a person's second factor; may run twice."""

    help = "Remove a person's authenticator app and recovery codes. They then sign in with their password only."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the option for the person."""
        parser.add_argument("--email", required=True, help="the person's address, which is their login")

    def handle(self, *args: Any, **options: Any) -> None:
        """Remove it, record it in the audit log of each of their tenants, and email the person."""
        user = User.objects.filter(email__iexact=options["email"].strip()).first()
        if user is None:
            raise CommandError(f"There is no account with the address {options['email']}.")
        with transaction.atomic():
            removed, _ = Authenticator.objects.filter(user=user).delete()
            if removed:
                record_about_person("person.two_factor_removed", person=user, actor=None)
                by_command = {"timestamp": timezone.now(), "ip": "-", "user_agent": "manage.py remove_two_factor"}
                get_adapter().send_mail("mfa/email/totp_deactivated", user.email, by_command)
        self.stdout.write(f"{user.email}: two-factor removed." if removed else f"{user.email} has no second factor.")
