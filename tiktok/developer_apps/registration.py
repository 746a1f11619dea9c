"""Check an app against what must be registered at TikTok for this deployment, offline."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _

from core.doctor.address import is_tunnel
from core.doctor.environment import LOOPBACK
from core.doctor.finding import Finding, fault, good, warning
from tiktok.access.scopes import feature_of
from tiktok.api.types import USED_SCOPES, Scope
from tiktok.developer_apps.rules import check_redirect_uri, type_for
from tiktok.models import TikTokApp

REDIRECT: Final = "redirect-uri"
SCOPES: Final = "scopes"


def expected_redirect_uri() -> str:
    """Return the address that TikTok has to return people to."""
    return f"{settings.BASE_URL}{reverse('tiktok_callback')}"


def webhook_url() -> str:
    """Return the address that TikTok sends webhooks to."""
    return f"{settings.BASE_URL}{reverse('tiktok:webhook')}"


def is_own_machine() -> bool:
    """Return whether TikTok cannot reach us, so that only a desktop-type app fits and no webhook arrives."""
    return urlsplit(settings.BASE_URL).hostname in LOOPBACK


def place(app: TikTokApp, field: str, variable: str) -> str:
    """Return where a value of the app is entered."""
    if app.is_from_environment:
        return _("%(variable)s in the environment (.env), then restart") % {"variable": variable}
    return _("“%(field)s” of this app in Administration") % {"field": field}


def redirect_uri(app: TikTokApp) -> Finding:
    """Check that the address is ours exactly, and that TikTok accepts it for the type of the app."""
    if app.redirect_uri == expected_redirect_uri() and not _broken_rule(app):
        text = _(
            "The redirect URI is %(uri)s. Register exactly this one at TikTok; Clipdesk can’t check TikTok’s list."
        )
        return good(REDIRECT, text % {"uri": app.redirect_uri}, subject=app.name)
    told = {"uri": expected_redirect_uri(), "place": place(app, _("Redirect URI"), "TIKTOK_REDIRECT_URI")}
    step = _("Register %(uri)s at TikTok (Login Kit → Redirect URI) and enter exactly the same here: %(place)s.") % told
    return fault(REDIRECT, _broken_rule(app) or _difference(app.redirect_uri), step, subject=app.name)


def _broken_rule(app: TikTokApp) -> str:
    """Return TikTok's rule that the address breaks, as a message."""
    try:
        check_redirect_uri(app.redirect_uri, app.app_type)
    except ValidationError as error:
        return f"{app.redirect_uri[:120]}: {error.messages[0]}"
    wanted, pkce = type_for(app.redirect_uri)
    if app.pkce != pkce and wanted == app.app_type == "desktop":
        return _("TikTok’s desktop apps need PKCE with the hex digest.")
    return ""


def _difference(uri: str) -> str:
    """Return how it differs from ours."""
    ours, theirs = urlsplit(expected_redirect_uri()), urlsplit(uri)
    if is_tunnel(uri) and theirs.netloc != ours.netloc:
        text = _("The redirect URI names a tunnel, %(host)s, whose address has changed: BASE_URL is %(ours)s.")
        return text % {"host": theirs.netloc, "ours": settings.BASE_URL}
    if theirs.netloc != ours.netloc:
        text = _("The redirect URI leads to %(host)s, but BASE_URL is %(ours)s: people come back signed out.")
        return text % {"host": theirs.netloc, "ours": settings.BASE_URL}
    if theirs.scheme != ours.scheme:
        text = _("The redirect URI starts with %(theirs)s://, BASE_URL with %(ours)s://.")
        return text % {"theirs": theirs.scheme, "ours": ours.scheme}
    if theirs.path == ours.path.rstrip("/"):
        return _("The redirect URI lacks the slash at its end; TikTok compares it exactly.")
    text = _("The redirect URI’s path is %(theirs)s, but Clipdesk listens at %(ours)s.")
    return text % {"theirs": theirs.path or "/", "ours": ours.path}


def scopes(app: TikTokApp) -> Iterable[Finding]:
    """Check that TikTok knows the scopes, and report what is not available without the others."""
    where = place(app, _("Scopes"), "TIKTOK_SCOPES")
    asked = set(app.scopes)
    if odd := sorted(asked - set(Scope)):
        text = _("TikTok has no scope called %(names)s, so it refuses the whole request.") % {"names": ", ".join(odd)}
        step = _("Correct it: %(place)s. TikTok separates scopes by commas.") % {"place": where}
        return [fault(SCOPES, text, step, subject=app.name)]
    missing = [scope for scope in USED_SCOPES if scope not in asked]
    if not missing:
        return [good(SCOPES, _("The app requests every scope that Clipdesk uses."), subject=app.name)]
    off = "; ".join(f"{scope} ({feature_of(scope)})" for scope in missing)
    text = _("Some scopes are not requested, so these features are off: %(off)s.") % {"off": off}
    step = _("If TikTok has approved more scopes for the app, add them (%(place)s). Then reconnect the accounts.") % {
        "place": where
    }
    is_needed = bool({Scope.USER_INFO_BASIC, Scope.VIDEO_PUBLISH} & set(missing))
    return [(fault if is_needed else warning)(SCOPES, text, step, subject=app.name)]
