"""Changing the address that a person signs in with: confirmed by the old address first, then by the new one.

Until both have confirmed, the new address is only a row of ours: it neither signs in nor resets a password.
"""

from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.confirmation import mail_about_account
from accounts.models import EmailChange, User
from accounts.security_events import note

LIFETIME: Final = timedelta(hours=24)


class LinkEnded(Exception):
    """The link was used, replaced, cancelled or has expired, or the address has changed since."""


class AddressTaken(Exception):
    """Another person signs in with this address."""


def pending_of(person: User) -> EmailChange | None:
    """Return the change that waits, if its link still works."""
    live = EmailChange.objects.filter(user=person, old_email=person.email, expires_at__gt=timezone.now())
    return live.first()


def ask_for_change(person: User, *, new_email: str, request: HttpRequest) -> bool:
    """Email a link to the old address and return whether one was sent. It replaces an earlier change.

    Without email nothing can be confirmed: the change is made immediately, and AddressTaken is raised when
    another person has the address. With email the answer does not reveal that.
    """
    with transaction.atomic():
        EmailChange.objects.filter(user=person).delete()
        if not settings.EMAIL_URL:
            _apply(person, new_email, request)
            return False
        change = EmailChange(user=person, old_email=person.email, new_email=new_email)
        _mail_link(change, request)
        note("address.change_asked", request=request, person=person)
    return True


def cancel_change(person: User, *, request: HttpRequest) -> bool:
    """Make the link worthless; whether there was one."""
    with transaction.atomic():
        is_cancelled = bool(EmailChange.objects.filter(user=person).delete()[0])
        if is_cancelled:
            note("address.change_cancelled", request=request, person=person)
    return is_cancelled


def find_change(token: str) -> EmailChange:
    """Return the change behind a link. Raises LinkEnded."""
    live = EmailChange.objects.select_related("user").filter(token_hash=_hash(token), expires_at__gt=timezone.now())
    change = live.first()
    if change is None or change.user.email != change.old_email or not change.user.is_active:
        raise LinkEnded
    return change


def confirm_change(token: str, *, request: HttpRequest) -> EmailChange:
    """Take the step of this link once: send an email to the new address, or make the change.

    Returns the change as it was before. Raises LinkEnded, or AddressTaken when another person has taken the address.
    """
    with transaction.atomic():
        change = find_change(token)
        if not EmailChange.objects.filter(pk=change.pk, token_hash=_hash(token)).delete()[0]:
            raise LinkEnded
        if change.step == EmailChange.Step.NEW:
            _apply(change.user, change.new_email, request)
        else:
            following = EmailChange(
                user=change.user, old_email=change.old_email, new_email=change.new_email, step=EmailChange.Step.NEW
            )
            _mail_link(following, request)
            note("address.change_agreed", request=request, person=change.user)
    return change


def _mail_link(change: EmailChange, request: HttpRequest) -> None:
    """Give the step a new token and email its link; an address that has an account gets an email about that instead."""
    token = token_urlsafe(32)
    change.token_hash, change.expires_at = _hash(token), timezone.now() + LIFETIME
    change.save(force_insert=True)
    adapter = get_adapter(request)
    if change.step == EmailChange.Step.NEW and is_taken(change.new_email, by_other_than=change.user):
        mail_about_account(request, change.new_email)
        return
    to = change.old_email if change.step == EmailChange.Step.OLD else change.new_email
    link = settings.BASE_URL + reverse("accounts:email-change", args=[token])
    context = {"change": change, "link": link}
    adapter.send_mail(f"account/email/change_{change.step}", to, context)


def is_taken(email: str, *, by_other_than: User) -> bool:
    """Return whether another person signs in with the address, or has confirmed it."""
    others = User.objects.exclude(pk=by_other_than.pk).filter(email=email)
    return others.exists() or EmailAddress.objects.exclude(user=by_other_than).filter(email=email).exists()


def _apply(person: User, new_email: str, request: HttpRequest) -> None:
    old_email = person.email
    if is_taken(new_email, by_other_than=person):
        raise AddressTaken
    try:
        with transaction.atomic():
            User.objects.filter(pk=person.pk).update(email=new_email)
            EmailAddress.objects.filter(user=person).delete()
            EmailAddress.objects.create(user=person, email=new_email, primary=True, verified=bool(settings.EMAIL_URL))
    except IntegrityError as error:  # another person has just signed up with it
        raise AddressTaken from error
    person.email = new_email
    context = {"from_email": old_email, "to_email": new_email}
    get_adapter(request).send_notification_mail("account/email/email_changed", person, context, email=old_email)
    note("address.changed", request=request, person=person, old=old_email, new=new_email)


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
