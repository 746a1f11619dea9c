"""How a connect link can end, in words for an account owner who has never heard of Clipdesk."""

from collections.abc import Callable
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tiktok.connect.links.queries import LinkState
from tiktok.connect.outcomes import Outcome
from tiktok.connect.services import Linked, LinkHow
from tiktok.models import ConnectLink, TikTokAccount

Said = Callable[[], tuple[str, str]]


def linked(link: ConnectLink, result: Linked, problem: str = "") -> Outcome:
    """Return a success, naming what was not allowed; ``problem``: what could not be done yet."""
    titles = {
        LinkHow.LINKED: _("Connected to %(instance)s"),
        LinkHow.UPDATED: _("Reconnected to %(instance)s"),
        LinkHow.RECONNECTED: _("Reconnected to %(instance)s"),
    }
    texts = [problem] if problem else []
    if result.missing:
        texts.append(_off(result.missing))
    title = titles[result.how] % {"instance": link.instance}
    text = " ".join(texts) or _("You’re done. You can close this page.")
    return Outcome("link_linked", "warn" if texts else "good", title, text, account=str(result.account.pk))


def _off(missing: list[str]) -> str:
    said = ngettext(
        "A permission was not granted, so this is off: %(features)s. If that was not intended, ask for a new link.",
        "Some permissions were not granted, so these are off: %(features)s. If that was not intended, ask for a new"
        " link.",
        len(missing),
    )
    return said % {"features": ", ".join(missing)}


def already(link: ConnectLink, account: TikTokAccount, missing: list[str]) -> Outcome:
    """Return the outcome for a TikTok user who is already connected; the link is not used up.

    ``missing``: what they did not allow this time; the newest consent counts at TikTok.
    """
    title = _("This account is already connected to %(instance)s") % {"instance": link.instance}
    text = _("Nothing was changed. To connect another account, switch to it on TikTok first and try again.")
    if missing:
        said = ngettext(
            "A permission was not granted, so this is off: %(features)s. If that was not intended, try again.",
            "Some permissions were not granted, so these are off: %(features)s. If that was not intended, try again.",
            len(missing),
        )
        text = said % {"features": ", ".join(missing)}
    return Outcome("link_already", "warn", title, text, account=str(account.pk))


def no_app() -> Outcome:
    """Return the outcome when no TikTok app is set up; the link itself still works."""
    text = _("The team’s connection to TikTok is not set up at the moment. Tell the person who sent you the link.")
    return Outcome("link_no_app", "bad", _("Connecting is not possible right now"), text)


def too_often() -> Outcome:
    """Return the outcome at Clipdesk's own rate limit."""
    text = _("There were too many attempts from your network. Wait a minute, then open the link again.")
    return Outcome("link_too_often", "warn", _("Wait a minute"), text)


_UNUSABLE: Final[dict[LinkState, Said]] = {
    LinkState.USED: lambda: (
        _("This link has already been used"),
        _("Each link works once. If you used it, you’re done. If not, ask the person who sent it for a new one."),
    ),
    LinkState.REVOKED: lambda: (
        _("This link was revoked"),
        _("The team that sent it has revoked or replaced it. Look for a newer link, or ask for one."),
    ),
    LinkState.EXPIRED: lambda: (
        _("This link has expired"),
        _("Links work for a limited time. Ask the person who sent it for a new one."),
    ),
    LinkState.MAKER_GONE: lambda: (
        _("This link no longer works"),
        _("The person who created it can no longer connect accounts for the team. Ask the team for a new link."),
    ),
    LinkState.INSTANCE_GONE: lambda: (
        _("This link no longer works"),
        _(
            "The team has deleted the brand or client that your account was to be connected to. Ask the person who"
            " sent the link what to do."
        ),
    ),
    LinkState.UNKNOWN: lambda: (
        _("This link is not valid"),
        _("Part of it may be missing. Copy the whole link from the message, or ask for a new one."),
    ),
}


def unusable(state: LinkState) -> Outcome:
    """Return the outcome for a link that does not work: why, and what to do."""
    title, text = _UNUSABLE[state]()
    return Outcome(f"link_{state}", "bad", title, text)
