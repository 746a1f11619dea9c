"""What is forgotten once it is of no use."""

from datetime import timedelta
from typing import Final

from django.core.management import call_command
from django.utils import timezone

from instances.models import Invitation, OutgoingMail

KEEP_CLOSED: Final = timedelta(days=30)


def forget_sessions() -> None:
    """Delete sessions that have ended."""
    call_command("clearsessions")


def forget_invitations() -> None:
    """Delete invitations a month after they ended unused, and mails a month after they left."""
    before = timezone.now() - KEEP_CLOSED
    Invitation.objects.filter(accepted_at=None, expires_at__lt=before).delete()
    OutgoingMail.objects.filter(next_attempt_at=None, created_at__lt=before).delete()
