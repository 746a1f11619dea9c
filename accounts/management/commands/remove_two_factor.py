"""``manage.py remove_two_factor``: for a person who lost their second factor, or whose encryption key is lost."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils import timezone

from accounts.audit import record_about_person
from accounts.management.person_command import PersonCommand, find_person


class Command(PersonCommand):
    """Remove a person's second factor; may run twice."""

    help = "Remove a person's authenticator app and recovery codes. They then sign in with their password only."

    def handle(self, *args: Any, **options: Any) -> None:
        """Remove it, record it in the audit log of each of their tenants, and email the person."""
        user = find_person(options["email"])
        with transaction.atomic():
            removed, _ = Authenticator.objects.filter(user=user).delete()
            if removed:
                record_about_person("person.two_factor_removed", person=user, actor=None)
                by_command = {"timestamp": timezone.now(), "ip": "-", "user_agent": "manage.py remove_two_factor"}
                get_adapter().send_mail("mfa/email/totp_deactivated", user.email, by_command)
        self.stdout.write(f"{user.email}: two-factor removed." if removed else f"{user.email} has no second factor.")
