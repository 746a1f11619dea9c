"""Limits of invitations per person, tenant and address, counted in rows that cannot be deleted."""

from datetime import datetime, timedelta
from math import ceil
from typing import Final

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import ngettext

from accounts.models import AuditLogEntry, Tenant, User
from instances.models import Invitation
from instances.refusals import TooManyInvitations

LIFETIME: Final = timedelta(days=7)
HOUR: Final = timedelta(hours=1)
PER_PERSON: Final = 20
PER_TENANT: Final = 60
BETWEEN_MAILS: Final = timedelta(minutes=10)  # to one address, whichever tenant invites it
ACTIONS: Final = ("invitation.created", "invitation.renewed")


def need_room(tenant: Tenant, *, actor: User, email: str) -> None:
    """Raise TooManyInvitations if one more link, new or renewed, exceeds a limit.

    Call it in the transaction of the invitation, with the tenant locked; it locks the person too, who may belong to
    several tenants.
    """
    User.objects.select_for_update().get(pk=actor.pk)
    lines = AuditLogEntry.objects.filter(action__in=ACTIONS, at__gt=timezone.now() - HOUR)
    _need_fewer(lines.filter(actor=actor), PER_PERSON)
    _need_fewer(lines.filter(tenant=tenant), PER_TENANT)
    if settings.EMAIL_URL:
        _need_pause(email)


def _need_fewer(lines: QuerySet[AuditLogEntry], most: int) -> None:
    times = list(lines.order_by("-at").values_list("at", flat=True)[:most])
    if len(times) == most:
        minutes = _minutes_until(times[-1] + HOUR)
        text = ngettext(
            "Too many invitations in one hour. Try again in %(minutes)d minute.",
            "Too many invitations in one hour. Try again in %(minutes)d minutes.",
            minutes,
        )
        raise TooManyInvitations(text % {"minutes": minutes})


def _need_pause(email: str) -> None:
    """Return when the link was sent: a fixed time before it expires."""
    recent = Invitation.objects.filter(email=email, expires_at__gt=timezone.now() + LIFETIME - BETWEEN_MAILS)
    last = recent.order_by("-expires_at").values_list("expires_at", flat=True).first()
    if last:
        minutes = _minutes_until(last - LIFETIME + BETWEEN_MAILS)
        text = ngettext(
            "An invitation was sent to this address a moment ago. Try again in %(minutes)d minute.",
            "An invitation was sent to this address a moment ago. Try again in %(minutes)d minutes.",
            minutes,
        )
        raise TooManyInvitations(text % {"minutes": minutes})


def _minutes_until(moment: datetime) -> int:
    return max(1, ceil((moment - timezone.now()) / timedelta(minutes=1)))
