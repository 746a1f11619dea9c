"""The doctor's checks of TikTok apps, of the connection to TikTok, and of granted scopes."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from django.conf import settings
from django.db import DatabaseError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.doctor.finding import Finding, fault, good, unknown, warning
from core.doctor.run import CheckContext, needs_database, not_asked
from tiktok.access.gateway import tiktoks_time
from tiktok.access.scopes import feature_of
from tiktok.api.client import DEFAULT_BASE_URL
from tiktok.api.errors import ErrorKind, TikTokError
from tiktok.developer_apps import registration, secret_check, standing
from tiktok.developer_apps.deliveries import webhooks
from tiktok.developer_apps.prefix.standing import url_prefix
from tiktok.developer_apps.services import fill_from_environment
from tiktok.models import TikTokApp, TikTokCredential

APPS: Final = "tiktok-apps"
REACH: Final = "tiktok"
CLOCK: Final = "clock"
CLOCK_WARNING_S: Final = 30
CLOCK_FAULT_S: Final = 120


def reach(context: CheckContext) -> Iterable[Finding]:
    """Check that TikTok, or its replacement, answers, and that our clock agrees with its."""
    if not context.is_online:
        return [not_asked(REACH, settings.TIKTOK_API_BASE_URL), not_asked(CLOCK, settings.TIKTOK_API_BASE_URL)]
    try:
        theirs = tiktoks_time()
    except TikTokError as error:
        text = _("%(url)s cannot be reached (%(code)s).") % {"url": settings.TIKTOK_API_BASE_URL, "code": error.code}
        step = _("Allow https connections to it (firewall, DNS), or correct TIKTOK_API_BASE_URL.")
        say = fault if error.kind == ErrorKind.NET else warning
        return [say(REACH, text, step), unknown(CLOCK, _("Can’t be checked while TikTok does not respond."))]
    return [_answers(), _clock(theirs)]


def _answers() -> Finding:
    if settings.TIKTOK_API_BASE_URL == DEFAULT_BASE_URL:
        return good(REACH, _("TikTok can be reached."))
    text = _("A simulated TikTok answers at %(url)s, so nothing is really published.")
    return good(REACH, text % {"url": settings.TIKTOK_API_BASE_URL})


def _clock(theirs: datetime | None) -> Finding:
    if theirs is None:
        return unknown(CLOCK, _("TikTok’s answer did not contain a time."))
    off_s = abs((datetime.now(UTC) - theirs).total_seconds())
    if off_s < CLOCK_WARNING_S:
        return good(CLOCK, _("This server’s clock agrees with TikTok’s."))
    text = _("This server’s clock and TikTok’s differ by %(seconds)d s: posts start at the wrong time.")
    step = _("Synchronize this server by NTP (timedatectl set-ntp true).")
    return (fault if off_s >= CLOCK_FAULT_S else warning)(CLOCK, text % {"seconds": off_s}, step)


def apps(context: CheckContext) -> Iterable[Finding]:
    """Check every app of the deployment and of its tenants, and the environment's as it is in the environment now."""
    found = list(_from_environment(context))
    others = list(_entered(context))
    found += others
    if not found:
        step = _("Follow the set-up guide in Administration → TikTok apps, or set TIKTOK_CLIENT_KEY and its secret.")
        return [warning(APPS, _("No TikTok app is set up, so no account can be connected."), step)]
    return found


def _from_environment(context: CheckContext) -> Iterator[Finding]:
    key = settings.TIKTOK_CLIENT_KEY
    if not key and not settings.TIKTOK_CLIENT_SECRET:
        return
    app = _stored(key, context) or TikTokApp(client_key=key, name="TikTok")
    before = (app.is_from_environment, app.redirect_uri, app.scopes, app.environment, app.secret_set_at)
    fill_from_environment(app)
    yield from examine_app(app, context)
    if before != (True, app.redirect_uri, app.scopes, app.environment, app.secret_set_at):
        text = _("The TikTok app in the environment differs from its copy in the database.")
        yield warning(APPS, text, _("Restart Clipdesk, or run manage.py sync_environment_app."), subject=app.name)


def _stored(key: str, context: CheckContext) -> TikTokApp | None:
    try:
        return TikTokApp.objects.filter(client_key=key).first() if context.database_answers else None
    except DatabaseError:  # no tables yet
        return None


@needs_database(APPS)
def _entered(context: CheckContext) -> Iterable[Finding]:
    rows = TikTokApp.objects.exclude(client_key=settings.TIKTOK_CLIENT_KEY or None)
    return [finding for app in rows for finding in examine_app(app, context)]


def examine_app(app: TikTokApp, context: CheckContext) -> list[Finding]:
    """Run all checks of one app."""
    found = [
        *secret_check.key_and_secret(app, context),
        registration.redirect_uri(app),
        *registration.scopes(app),
        standing.audit(app),
    ]
    if context.database_answers and not app._state.adding:
        found += [standing.approval(app), *standing.caps(app), *standing.outages(app), *standing.old_secret(app)]
        found += [] if registration.is_own_machine() else webhooks(app)
        found += url_prefix(app, context)
    return found


@needs_database("granted-scopes")
def grants(_context: CheckContext) -> Iterable[Finding]:
    """Check for accounts whose owners granted less than is requested."""
    live = TikTokCredential.objects.filter(withdrawn_at=None, next_refresh_at__isnull=False).select_related("app")
    lacking = [set(row.app.scopes) - set(row.scopes) for row in live if row.scopes]
    short = [missing for missing in lacking if missing]
    if not short:
        return [good("granted-scopes", _("All connected accounts have granted every requested scope."))]
    names = ", ".join(feature_of(scope) for scope in sorted(set().union(*short)))
    text = ngettext(
        "%(n)d TikTok user has not granted every scope. Not available there: %(names)s.",
        "%(n)d TikTok users have not granted every scope. Not available there: %(names)s.",
        len(short),
    )
    step = _("Open Accounts and use Reconnect account on their cards to grant the rest.")
    return [warning("granted-scopes", text % {"n": len(short), "names": names}, step)]
