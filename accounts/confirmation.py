"""Proof that an address is a person's: a link in an email, which can be sent again, or a password reset."""

import time
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.http import HttpRequest

from accounts.models import User
from accounts.security_events import note

RESEND_AFTER_S: Final = 180
SESSION_KEY: Final = "confirmation"
# Each occasion has its own limit: a stranger who types an address at sign-up must not use up the email that its owner
# gets by signing in.
SIGN_UP: Final = "sign_up"
SIGN_IN: Final = "sign_in"


@dataclass(frozen=True, slots=True)
class Awaited:
    """An address that this visitor was sent an email to.

    ``person_id`` is empty where sign-up named an address that has an account: the email then offers a password reset.
    """

    email: str
    occasion: str
    person_id: str = ""

    @property
    def wait_s(self) -> int:
        """Return the seconds until the email can be sent again."""
        sent_at = cache.get(_limit(self.occasion, self.email))
        return 0 if sent_at is None else max(0, int(sent_at + RESEND_AFTER_S - time.time()))


def may_send(request: HttpRequest, awaited: Awaited) -> bool:
    """Note what the visitor waits for; whether three minutes have passed since the last such email."""
    request.session[SESSION_KEY] = [awaited.email, awaited.occasion, awaited.person_id]
    return cache.add(_limit(awaited.occasion, awaited.email), int(time.time()), RESEND_AFTER_S)


def note_sign_up_email(email: str) -> None:
    """Count the confirmation that sign-up sends as the one that signing in would send."""
    cache.set(_limit(SIGN_IN, email), int(time.time()), RESEND_AFTER_S)


def awaited_by(request: HttpRequest) -> Awaited | None:
    """Return what this visitor waits for."""
    stored = request.session.get(SESSION_KEY)
    return Awaited(*stored) if stored else None


def resend(request: HttpRequest, awaited: Awaited) -> bool:
    """Send the email again; False while it is too early."""
    if not may_send(request, awaited):
        return False
    if not awaited.person_id:
        mail_about_account(request, awaited.email)
        return True
    waiting = EmailAddress.objects.filter(user_id=UUID(awaited.person_id), email=awaited.email, verified=False).first()
    if waiting:
        waiting.send_confirmation(request)
    return True


def mail_about_account(request: HttpRequest, email: str) -> None:
    """Tell the owner of an address that it has an account; our adapter's own method is the answer to a sign-up."""
    DefaultAccountAdapter.send_account_already_exists_mail(get_adapter(request), email)


def confirm_login(person: User) -> bool:
    """Confirm the address that the person signs in with; False if it was confirmed before."""
    address, made = EmailAddress.objects.get_or_create(
        user=person, email=person.email, defaults={"primary": True, "verified": True}
    )
    if made:
        return True
    return bool(EmailAddress.objects.filter(pk=address.pk, verified=False).update(verified=True, primary=True))


def confirm_by_reset(person: User, *, request: HttpRequest) -> None:
    """Confirm the login: the link of the reset came to it, and is worthless once the address has changed."""
    if confirm_login(person):
        note("address.confirmed", request=request, person=person, address=person.email)


def _limit(occasion: str, email: str) -> str:
    return f"confirmation:{occasion}:{email.lower()}"
