"""Housekeeping of invitations."""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from instances.models import Invitation

KEEP_INVITATIONS: Final = timedelta(days=30)


def forget_invitations() -> None:
    """Delete invitations a month after they ended unused."""
    Invitation.objects.filter(accepted_at=None, expires_at__lt=timezone.now() - KEEP_INVITATIONS).delete()
