"""Mail: set up, a server that lets us in, a sender that others accept, nothing left lying."""

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
from core.doctor.run import Visit, needs_database, not_asked
from core.models import OutgoingMail

SERVER: Final = "mail-server"
TIMEOUT_S: Final = 5
TO_NOBODY: Final = ("console", "dummy", "filebased", "locmem")


def set_up(visit: Visit) -> Iterable[Finding]:
    """The server and the sender's address."""
    if not settings.EMAIL_URL:
        text = _("No mail server is set up: invitations are links to copy, and nobody is mailed about failed posts.")
        yield warning(SERVER, text, _("Set EMAIL_URL, for example smtp+tls://user:password@host:587, and restart."))
        return
    yield _server(visit)
    yield _sender()


def _server(visit: Visit) -> Finding:
    if any(f".{kind}." in settings.EMAIL_BACKEND for kind in TO_NOBODY):
        text = _("EMAIL_URL names a place where mail ends, not a server: nobody receives any.")
        return warning(SERVER, text, _("Set EMAIL_URL, for example smtp+tls://user:password@host:587, and restart."))
    if not visit.is_online:
        return not_asked(SERVER, _("the mail server"))
    backend = get_connection()
    if isinstance(backend, EmailBackend):
        backend.timeout = TIMEOUT_S
    try:
        backend.open()
        backend.close()
    except smtplib.SMTPAuthenticationError:
        step = _("Correct user and password in EMAIL_URL and restart.")
        return fault(SERVER, _("The mail server refuses the user or the password."), step)
    except smtplib.SMTPException:
        text = _("The mail server answers, but not as expected; perhaps it wants TLS, or none.")
        return fault(SERVER, text, _("Try smtp+tls:// (587), smtp+ssl:// (465) or smtp:// (25) in EMAIL_URL."))
    except OSError:
        step = _("Correct host and port in EMAIL_URL, or open the way to it, and restart.")
        return fault(SERVER, _("The mail server cannot be reached."), step)
    return good(SERVER, _("The mail server lets Clipdesk in."))


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
        return good("mail-sender", _("Mail is sent from %(address)s.") % {"address": address})
    text = _("Mail would come from %(address)s, which other servers refuse.") % {"address": address or "–"}
    return warning("mail-sender", text, _("Set DEFAULT_FROM_EMAIL to an address of a domain of yours."))


@needs_database("mail-queue")
def queue(_visit: Visit) -> Iterable[Finding]:
    """Mails that were tried in vain."""
    return list(_queue())


def _queue() -> Iterator[Finding]:
    stuck = OutgoingMail.objects.filter(sent_at=None, attempts__gt=0).exclude(last_error="").count()
    if not stuck:
        yield good("mail-queue", _("No mail waits after a failed attempt."))
        return
    text = ngettext("%(n)d mail could not be sent yet.", "%(n)d mails could not be sent yet.", stuck) % {"n": stuck}
    yield warning("mail-queue", text, _("Back office → mails shows each with its last error."))
