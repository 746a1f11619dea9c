"""Receivers of allauth's and Django's sign-in signals: audit lines, and the session's age and id."""

import time
from typing import Any

from allauth.account import signals as account
from allauth.account.models import EmailAddress
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.confirmation import SESSION_KEY, confirm_by_reset
from accounts.models import User
from accounts.security_events import note
from accounts.sessions import SIGNED_IN_AT, USED_ON, today


@receiver(user_logged_in)
def start_session(request: HttpRequest, user: User, **_rest: Any) -> None:
    """Note when the session began: its longest life counts from here."""
    request.session[SIGNED_IN_AT] = int(time.time())
    request.session[USED_ON] = today()
    request.session.pop(SESSION_KEY, None)


@receiver(account.authentication_step_completed)
def renew_session_id(request: HttpRequest, user: User, **detail: Any) -> None:
    """Give a session that gains rights another id, so that an id read earlier is useless."""
    if not detail.get("reauthenticated"):
        return
    before = request.session.session_key
    request.session.cycle_key()
    UserSession.objects.filter(session_key=before).update(session_key=request.session.session_key)
    note("sign_in.repeated", request=request, person=user, method=str(detail["method"]))


@receiver(account.user_logged_in)
def note_sign_in(request: HttpRequest, user: User, **_rest: Any) -> None:
    """Record a sign-in after all its steps."""
    note("sign_in.succeeded", request=request, person=user)


@receiver(user_logged_out)
def note_sign_out(request: HttpRequest, user: User | None, **_rest: Any) -> None:
    """Record a sign-out of a signed-in person."""
    if user is not None:
        note("session.signed_out", request=request, person=user)


@receiver(account.password_changed)
@receiver(account.password_set)
def note_password_change(request: HttpRequest, user: User, **_rest: Any) -> None:
    """Record a password changed in the profile."""
    note("password.changed", request=request, person=user)


@receiver(account.password_reset)
def note_password_reset(request: HttpRequest, user: User, **_rest: Any) -> None:
    """Record a password chosen with a link from an email, which also proves the address."""
    note("password.reset", request=request, person=user)
    confirm_by_reset(user, request=request)


@receiver(account.email_added)
def note_added_address(request: HttpRequest, user: User, email_address: EmailAddress, **_rest: Any) -> None:
    """Record an address that is not yet the login."""
    note("address.added", request=request, person=user, address=email_address.email)


@receiver(account.email_confirmed)
def note_confirmed_address(request: HttpRequest, email_address: EmailAddress, **_rest: Any) -> None:
    """Record an address confirmed with a link from an email."""
    note("address.confirmed", request=request, person=email_address.user, address=email_address.email)


@receiver(account.email_removed)
def note_removed_address(request: HttpRequest, user: User, email_address: EmailAddress, **_rest: Any) -> None:
    """Record a removed address."""
    note("address.removed", request=request, person=user, address=email_address.email)


@receiver(account.email_changed)
def note_changed_address(
    request: HttpRequest,
    user: User,
    from_email_address: EmailAddress | None,
    to_email_address: EmailAddress,
    **_rest: Any,
) -> None:
    """Record another address as the login."""
    before = from_email_address.email if from_email_address else ""
    note("address.changed", request=request, person=user, before=before, address=to_email_address.email)


@receiver(mfa.authenticator_added)
def note_added_factor(request: HttpRequest, user: User, authenticator: Authenticator, **_rest: Any) -> None:
    """Record a new authenticator app or new recovery codes."""
    note("two_factor.added", request=request, person=user, kind=authenticator.type)


@receiver(mfa.authenticator_removed)
def note_removed_factor(request: HttpRequest, user: User, authenticator: Authenticator, **_rest: Any) -> None:
    """Record a removed second factor."""
    note("two_factor.removed", request=request, person=user, kind=authenticator.type)


@receiver(mfa.authenticator_reset)
def note_reset_factor(request: HttpRequest, user: User, authenticator: Authenticator, **_rest: Any) -> None:
    """Record new recovery codes."""
    note("two_factor.reset", request=request, person=user, kind=authenticator.type)


@receiver(mfa.authentication_failed)
def note_failed_factor(request: HttpRequest, user: User, authenticator: Authenticator, **_rest: Any) -> None:
    """Record a wrong code."""
    note("two_factor.failed", request=request, person=user, kind=authenticator.type)
