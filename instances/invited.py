"""The invitation of a visitor, kept in the session by its id until they have signed up."""

from typing import Final

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from instances.models import Invitation

SESSION_KEY: Final = "invitation"


def remember_invitation(request: HttpRequest, invitation: Invitation) -> None:
    """Keep it through sign-up; never the token, which the session table would then hold.

    Where email is set up, the link came by email, which proves the address as well as allauth's own link would.
    """
    request.session[SESSION_KEY] = str(invitation.pk)
    if settings.EMAIL_URL and invitation.invited_by_id:
        get_adapter(request).stash_verified_email(request, invitation.email)


def forget_invitation(request: HttpRequest) -> None:
    """Remove it from the session once it was used."""
    request.session.pop(SESSION_KEY, None)


def invitation_in(request: HttpRequest | None) -> Invitation | None:
    """Return the visitor's invitation while it is usable."""
    if request is None or not (pk := request.session.get(SESSION_KEY)):
        return None
    return Invitation.objects.filter(pk=pk, accepted_at=None, revoked_at=None, expires_at__gt=timezone.now()).first()
