"""Deletion of rows that are no longer needed."""

from datetime import timedelta
from typing import Final

from django.core.management import call_command
from django.utils import timezone

from core.models import OutgoingMail

KEEP_MAILS: Final = timedelta(days=30)


def forget_sessions() -> None:
    """Delete sessions that have ended."""
    call_command("clearsessions")


def forget_mails() -> None:
    """Delete emails a month after they were sent or given up."""
    OutgoingMail.objects.filter(next_attempt_at=None, created_at__lt=timezone.now() - KEEP_MAILS).delete()
