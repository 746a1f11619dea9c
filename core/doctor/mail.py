"""Checks of outgoing email: set up, a server that accepts us, an accepted sender, no failed emails."""

import smtplib
from collections.abc import Iterable, Iterator
from email.utils import parseaddr
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.doctor.environment import LOOPBACK
from core.doctor.finding import Finding, fault, good, warning
from core.doctor.run import CheckContext, needs_database, not_asked
from core.models import OutgoingMail

SERVER: Final = "mail-server"
TIMEOUT_S: Final = 5
TO_NOBODY: Final = ("console", "dummy", "filebased", "locmem")


def set_up(context: CheckContext) -> Iterable[Finding]:
    """Check the server and the sender's address."""
    if not settings.EMAIL_URL:
        text = _(
            "No email server is set up: you have to send invitation links yourself, and no one gets email about failed"
            " posts."
        )
        yield warning(SERVER, text, _("Set EMAIL_URL, for example smtp+tls://user:password@host:587, and restart."))
        return
    yield _server(context)
    yield _sender()


def _server(context: CheckContext) -> Finding:
    if any(f".{kind}." in settings.EMAIL_BACKEND for kind in TO_NOBODY):
        text = _("EMAIL_URL names a backend that does not send email, so no one receives any.")
        return warning(SERVER, text, _("Set EMAIL_URL, for example smtp+tls://user:password@host:587, and restart."))
    if not context.is_online:
        return not_asked(SERVER, _("the email server"))
    backend = get_connection()
    if isinstance(backend, EmailBackend):
        backend.timeout = TIMEOUT_S
    try:
        backend.open()
        backend.close()
    except smtplib.SMTPAuthenticationError:
        step = _("Correct the user and password in EMAIL_URL and restart.")
        return fault(SERVER, _("The email server rejects the user or password."), step)
    except smtplib.SMTPException:
        text = _("The email server answers, but not as expected; it may require TLS, or not support it.")
        return fault(SERVER, text, _("Try smtp+tls:// (587), smtp+ssl:// (465) or smtp:// (25) in EMAIL_URL."))
    except OSError:
        step = _("Correct the host and port in EMAIL_URL, or allow connections to the server, and restart.")
        return fault(SERVER, _("The email server cannot be reached."), step)
    return good(SERVER, _("The email server accepts Clipdesk’s sign-in."))


def _sender() -> Finding:
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    is_here = urlsplit(settings.BASE_URL).hostname in LOOPBACK
    try:
        validate_email(address)
    except ValidationError:
        is_fine = False
    else:
        is_fine = is_here or not address.endswith(("@localhost", "@example.com", "@example.org"))
    if is_fine:
        return good("mail-sender", _("Email is sent from %(address)s.") % {"address": address})
    text = _("Email would be sent from %(address)s, which other servers reject.") % {"address": address or "–"}
    return warning("mail-sender", text, _("Set DEFAULT_FROM_EMAIL to an address of your own domain."))


@needs_database("mail-queue")
def queue(_context: CheckContext) -> Iterable[Finding]:
    """Check for emails that failed."""
    return list(_queue())


def _queue() -> Iterator[Finding]:
    stuck = OutgoingMail.objects.filter(sent_at=None, attempts__gt=0).exclude(last_error="").count()
    if not stuck:
        yield good("mail-queue", _("No email is waiting after a failed attempt."))
        return
    text = ngettext("%(n)d email could not be sent yet.", "%(n)d emails could not be sent yet.", stuck) % {"n": stuck}
    yield warning("mail-queue", text, _("Administration → Emails lists each with its last error."))
