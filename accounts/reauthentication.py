"""How recently the person of a session proved who they are."""

import time
from typing import Final

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

NO_AUTHENTICATION: Final = 0.0


def is_signed_in_within(request: HttpRequest, seconds: float) -> bool:
    """Return whether the person signed in or re-authenticated in this session within so many seconds."""
    if isinstance(request.user, AnonymousUser):
        return False
    moments = [record["at"] for record in get_authentication_records(request, request.user)]
    return time.time() - max(moments, default=NO_AUTHENTICATION) < seconds


def require_reauthentication(request: HttpRequest) -> None:
    """Raise ReauthenticationRequired unless the person re-authenticated within ACCOUNT_REAUTHENTICATION_TIMEOUT.

    allauth then asks for the password or a code, and repeats the request with everything that was typed.
    """
    if not did_recently_reauthenticate(request):
        raise ReauthenticationRequired
