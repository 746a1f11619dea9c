"""The part of allauth's adapter that concerns attempts to sign in: their client, their price and their record."""

from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.utils.crypto import get_random_string

from accounts.models import User
from accounts.security_events import note
from core.web.client import client_address

LOCKOUT_S: Final = 300


class WatchedSignIn(DefaultAccountAdapter):
    """Failures and lockouts are noted, and an address with an account costs as much as one without."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that limits count by. Raises PermissionDenied if there is none."""
        if address := client_address(request.META):
            return address
        raise PermissionDenied("The client's address is unknown.")

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt. Raises ValidationError while the address is locked."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            person = _person(credentials)
            note("sign_in.locked_out", request=request, person=person, is_audited=is_first_lockout("sign_in", person))
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Record a wrong address or password, or a disabled account."""
        note("sign_in.failed", request=request, person=_person(credentials))

    def send_account_already_exists_mail(self, email: str) -> None:
        """Hash the password as for a new account, so that the response time reveals nothing."""
        make_password(get_random_string(20))
        note("sign_up.address_known", request=context.request, person=_person({"email": email}))
        super().send_account_already_exists_mail(email)


def is_first_lockout(kind: str, person: User | None) -> bool:
    """Whether this lockout of the person is not in the audit log yet: refused attempts are cheap and may be many."""
    return person is not None and cache.add(f"lockout-noted:{kind}:{person.pk}", True, LOCKOUT_S)


def _person(credentials: dict[str, Any]) -> User | None:
    return User.objects.filter(email=str(credentials.get("email", "")).strip().lower()).first()
