"""TikTok's limits of an app, learned from its answers: approved, audited, and its caps."""

from collections.abc import Iterable
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.doctor.finding import Finding, good, unknown, warning
from tiktok.access import quota
from tiktok.access.outages import REPORTED_FROM, posts_held_by
from tiktok.api.limits import ACTIVE_USERS_UNAUDITED
from tiktok.developer_apps.registration import place
from tiktok.developer_apps.services import has_old_secret
from tiktok.models import TikTokApp, TikTokCredential, TikTokOutage

APPROVAL: Final = "approval"
AUDIT: Final = "audit"
CAPS: Final = "caps"
OUTAGE: Final = "outage"


def approval(app: TikTokApp) -> Finding:
    """Check for approval, which a person's consent proves."""
    if app.is_sandbox:
        text = _("A sandbox needs no approval: only its target users, at most ten, can connect.")
        return good(APPROVAL, text, subject=app.name)
    if TikTokCredential.objects.filter(app=app).exists():
        return good(
            APPROVAL, _("Accounts were connected through this app, so TikTok has approved it."), subject=app.name
        )
    text = _("No account has been connected yet. Accounts can be connected once TikTok has approved a production app.")
    step = _("Submit the app for review in TikTok’s portal; until then, use a sandbox of it.")
    return unknown(APPROVAL, text, step, subject=app.name)


def audit(app: TikTokApp) -> Finding:
    """Check for the audit; without it the TikTok *account* must be private, not only the post."""
    if app.is_audited:
        return good(AUDIT, _("TikTok has audited the app: posts can be public."), subject=app.name)
    step = _(
        "Set the TikTok accounts to private (in TikTok: Settings → Privacy → Private account) and post with “Only me”,"
        " or ask TikTok to audit Direct Post and then set “audited” for the app in Administration."
    )
    if app.is_audited is None:
        text = _("Unknown whether TikTok has audited the app; the first public post will show it.")
        return unknown(AUDIT, text, step, subject=app.name)
    text = _("TikTok has not audited the app, so it accepts posts only for private accounts.")
    return warning(AUDIT, text, step, subject=app.name)


def caps(app: TikTokApp) -> Iterable[Finding]:
    """Report how many accounts posted in 24 hours, and TikTok's refusals."""
    users, most = quota.count_day([], [app]).users.get(app.pk, 0), quota.most_users(app)
    step = _("Ask TikTok to audit the app or to raise its limit of accounts. Posts to other accounts wait until then.")
    if app.users_held_until and app.users_held_until > timezone.now():
        text = _(
            "The app has reached TikTok’s limit of accounts in 24 hours (reached_active_user_cap): other accounts wait."
        )
        yield warning(CAPS, text, step, subject=app.name)
    elif most is not None and users >= most:
        text = _("%(users)d of %(most)d accounts posted in the last 24 hours: other accounts wait.")
        yield warning(CAPS, text % {"users": users, "most": most}, step, subject=app.name)
    else:
        yield good(CAPS, _usage(app, users, most), subject=app.name)
    yield from _held_creators(app)


def outages(app: TikTokApp) -> Iterable[Finding]:
    """Report an outage: since when, with which answer, and how many posts wait."""
    for outage in TikTokOutage.objects.filter(app=app, ended_at=None, faults__gte=REPORTED_FROM):
        if not (waiting := posts_held_by(outage)):
            continue  # nothing has been tried since
        text = ngettext(
            "TikTok has not accepted posts since %(when)s UTC; %(n)d post is waiting. Last error: %(code)s (log_id"
            " %(log_id)s).",
            "TikTok has not accepted posts since %(when)s UTC; %(n)d posts are waiting. Last error: %(code)s (log_id"
            " %(log_id)s).",
            waiting,
        )
        when = f"{outage.began_at:%Y-%m-%d %H:%M}"
        text %= {"when": when, "n": waiting, "code": outage.code, "log_id": outage.log_id or "-"}
        step = _(
            "If TikTok itself is down, no action is needed: Clipdesk retries. Otherwise check this server’s connection"
            " to TikTok, and give the log_id to TikTok’s support."
        )
        yield warning(OUTAGE, text, step, subject=app.name)


def _usage(app: TikTokApp, users: int, most: int | None) -> str:
    if most is not None:
        text = ngettext(
            "%(n)d account of at most %(most)d posted in the last 24 hours.",
            "%(n)d accounts of at most %(most)d posted in the last 24 hours.",
            users,
        )
    elif app.is_audited:
        text = ngettext(
            "%(n)d account posted in the last 24 hours.", "%(n)d accounts posted in the last 24 hours.", users
        )
    else:
        text = ngettext(
            "%(n)d account posted in the last 24 hours. If TikTok has not audited the app, it allows %(most)d.",
            "%(n)d accounts posted in the last 24 hours. If TikTok has not audited the app, it allows %(most)d.",
            users,
        )
    return text % {"n": users, "most": most or ACTIVE_USERS_UNAUDITED}


def _held_creators(app: TikTokApp) -> Iterable[Finding]:
    held = TikTokCredential.objects.filter(app=app, posts_held_until__gt=timezone.now()).count()
    if held:
        text = ngettext(
            "%(n)d account has reached TikTok’s limit of posts in 24 hours (about 15 across all apps).",
            "%(n)d accounts have reached TikTok’s limit of posts in 24 hours (about 15 across all apps).",
            held,
        )
        yield warning(CAPS, text % {"n": held}, _("No action is needed: their posts wait."), subject=app.name)


def old_secret(app: TikTokApp) -> Iterable[Finding]:
    """Report a change of the secret that is not finished."""
    if has_old_secret(app):
        where = place(app, _("Client secret"), "TIKTOK_CLIENT_SECRET")
        text = _("The previous secret is kept for three days after the new one starts working (%(place)s).")
        yield good("secret-change", text % {"place": where}, subject=app.name)
