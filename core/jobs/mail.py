"""Outgoing email: written in the transaction of its cause, swept, sent at least once, given up after a day."""

import logging
import smtplib
from collections.abc import Callable
from datetime import timedelta
from email.header import Header
from email.message import Message
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from core.jobs.backoff import wait_after
from core.jobs.clock import db_now
from core.jobs.lease import take_attempt
from core.jobs.waiting import release_slot
from core.models import OutgoingMail

log = logging.getLogger(__name__)
MOST_ATTEMPTS: Final = 10
FIRST_WAIT: Final = timedelta(minutes=1)  # longer than the time-out of one attempt, so it is the claim's lease too
LONGEST_WAIT: Final = timedelta(hours=4)


def queue_mail(*, to: str, subject: str, text: str, html: str = "") -> OutgoingMail:
    """Write an email in the transaction of its cause; a worker sends it after the commit."""
    line = " ".join(subject.split())[:200]
    return OutgoingMail.objects.create(to=to, subject=line, text=text, html=html, next_attempt_at=db_now())


def due_mail(_room: int) -> list[Callable[[], None]]:
    """Claim one due email at a time; a sweep source."""
    sending = claim_mail()
    return [sending] if sending else []


def claim_mail() -> Callable[[], None] | None:
    """Claim one due email and return its sender; None when nothing is due or email is not set up."""
    if not settings.EMAIL_URL:
        return None
    due = OutgoingMail.objects.filter(sent_at=None, next_attempt_at__lte=db_now(), attempts__lt=MOST_ATTEMPTS)
    mail = due.order_by("next_attempt_at").first()
    if mail is None:
        return None
    unsent = OutgoingMail.objects.filter(pk=mail.pk, sent_at=None)
    wait = wait_after(mail.attempts + 1, first=FIRST_WAIT, longest=LONGEST_WAIT)
    return (lambda: send_mail(mail.pk)) if take_attempt(unsent, mail.attempts, wait) else None


class WholeSubject(EmailMultiAlternatives):
    """Fold a long subject by RFC 2047, so that it arrives as it was written.

    Django encodes it without room for the header's name. Folding then begins with an empty line, which many programs
    show as a leading space.
    """

    def message(self, *args: Any, **kwargs: Any) -> Any:
        """Return the message with a subject that begins on the header's line."""
        message = super().message(*args, **kwargs)
        del message["Subject"]
        Message.__setitem__(message, "Subject", Header(str(self.subject), header_name="Subject"))
        return message


def send_mail(mail_id: UUID) -> None:
    """Send a claimed email, then erase its text, which may hold a link that grants access."""
    mail = OutgoingMail.objects.filter(pk=mail_id, sent_at=None).first()
    if mail is None:
        return
    message = WholeSubject(mail.subject, mail.text, settings.DEFAULT_FROM_EMAIL, [mail.to])
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    try:
        with release_slot():
            message.send()
    except (smtplib.SMTPException, OSError) as error:
        _failed(mail, error)
        return
    OutgoingMail.objects.filter(pk=mail.pk).update(
        sent_at=timezone.now(), next_attempt_at=None, text="", html="", last_error=""
    )


def _failed(mail: OutgoingMail, error: Exception) -> None:
    """Record the reason; after the last attempt erase the text."""
    log.warning("mail %s not sent, attempt %s: %s", mail.pk, mail.attempts, type(error).__name__)
    gone = {"next_attempt_at": None, "text": "", "html": ""} if mail.attempts >= MOST_ATTEMPTS else {}
    OutgoingMail.objects.filter(pk=mail.pk).update(last_error=f"{type(error).__name__}: {error}"[:300], **gone)
