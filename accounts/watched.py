"""The part of allauth's adapter that concerns attempts to sign in: their client, their price and their record."""

from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core import context
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from accounts import confirmation
from accounts.lockout import locked_text, wait_s
from accounts.models import User
from accounts.security_events import note
from core.web.client import client_address

LOCKOUT_S: Final = 300


class WatchedSignIn(DefaultAccountAdapter):
    """Failures and lockouts are noted, and an address with an account costs as much as one without."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("The email address or the password is wrong."),
        "enter_current_password": _("This is not your current password."),
        "incorrect_password": _("The password is wrong."),
        "incorrect_code": _("The code is wrong."),
        "email_taken": _("Another account uses this address."),
        "invalid_password_reset": _("This link no longer works."),
    }

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that limits count by. Raises PermissionDenied if there is none."""
        if address := client_address(request.META):
            return address
        raise PermissionDenied("The client's address is unknown.")

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt. Raises ValidationError, which says when to come back, while the address is locked."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as error:
            person = _person(credentials)
            note("sign_in.locked_out", request=request, person=person, is_audited=is_first_lockout("sign_in", person))
            key = self._get_login_attempts_cache_key(request, **credentials)
            text = locked_text(wait_s(request, action="login_failed", key=key))
            raise ValidationError(text, code=error.code) from error

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Record a wrong address or password, or a disabled account."""
        note("sign_in.failed", request=request, person=_person(credentials))

    def should_send_confirmation_mail(self, request: HttpRequest, email_address: EmailAddress, signup: bool) -> bool:
        """Return whether the last one was sent more than three minutes ago."""
        occasion = confirmation.SIGN_UP if signup else confirmation.SIGN_IN
        awaited = confirmation.Awaited(email_address.email, occasion, str(email_address.user_id))
        may_send = confirmation.may_send(request, awaited)
        if may_send and signup:
            confirmation.note_sign_up_email(email_address.email)
        return may_send

    def send_account_already_exists_mail(self, email: str) -> None:
        """Answer a sign-up with an address that has an account.

        Hashes the password as for a new account, so that the response time reveals nothing.
        """
        make_password(get_random_string(20))
        note("sign_up.address_known", request=context.request, person=_person({"email": email}))
        if confirmation.may_send(context.request, confirmation.Awaited(email, confirmation.SIGN_UP)):
            super().send_account_already_exists_mail(email)


def is_first_lockout(kind: str, person: User | None) -> bool:
    """Whether this lockout of the person is not in the audit log yet: refused attempts are cheap and may be many."""
    return person is not None and cache.add(f"lockout-noted:{kind}:{person.pk}", True, LOCKOUT_S)


def _person(credentials: dict[str, Any]) -> User | None:
    return User.objects.filter(email=str(credentials.get("email", "")).strip().lower()).first()
