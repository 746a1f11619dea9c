"""TikTok's rules for a client key, a secret and a redirect URI (docs/tiktok.md, section 2). Pure."""

from typing import Final
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tiktok.api.limits import REDIRECT_URI_MAX_CHARS
from tiktok.models import AppType, PkceMode

OWN_MACHINE: Final = frozenset({"localhost", "127.0.0.1"})


def check_key(text: str) -> None:
    """Check a client key or secret. Raises ValidationError for characters that were copied along with it."""
    if any(char in "\"'`“”‘’" or char.isspace() or not char.isprintable() for char in text):
        raise ValidationError(_("Enter it without quotation marks and spaces."), code="quoted")


def check_redirect_uri(uri: str, app_type: str) -> None:
    """Raise ValidationError with TikTok's rule that ``uri`` breaks for apps of this type."""
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError as error:
        raise ValidationError(_("This is not a web address."), code="malformed") from error
    if not parts.hostname or parts.username is not None:
        raise ValidationError(_("Enter a full address such as https://clip.example.com/…"), code="relative")
    if "?" in uri or "#" in uri or len(uri) > REDIRECT_URI_MAX_CHARS:
        raise ValidationError(_("TikTok accepts no “?”, no “#” and at most 511 characters."), code="not_static")
    if app_type == AppType.DESKTOP:
        _check_desktop(parts.scheme, parts.hostname, port)
    elif parts.scheme != "https":
        raise ValidationError(_("A web app’s redirect URI must start with https://."), code="not_https")


def _check_desktop(scheme: str, host: str, port: int | None) -> None:
    if scheme not in {"http", "https"} or host not in OWN_MACHINE or port is None:
        raise ValidationError(
            _("A desktop app redirects to localhost or 127.0.0.1 with a port."), code="not_own_machine"
        )


def type_for(redirect_uri: str) -> tuple[AppType, PkceMode]:
    """Return the app type and PKCE mode for a redirect URI: this machine means desktop, with the hex digest."""
    if urlsplit(redirect_uri).hostname in OWN_MACHINE:
        return AppType.DESKTOP, PkceMode.HEX
    return AppType.WEB, PkceMode.OFF
