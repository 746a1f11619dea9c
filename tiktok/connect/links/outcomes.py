"""What somebody who came by a connect link is told: in words for a person who has never heard of Clipdesk."""

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
    """Success; ``problem``: what could not be done yet. Says what was left off and how to switch it on."""
    titles = {
        LinkHow.LINKED: _("Connected to %(instance)s"),
        LinkHow.UPDATED: _("Connected to %(instance)s again"),
        LinkHow.RECONNECTED: _("Connected to %(instance)s again"),
    }
    texts = [problem] if problem else []
    if result.missing:
        texts.append(_off(result.missing))
    title = titles[result.how] % {"instance": link.instance}
    text = " ".join(texts) or _("That is all. You can close this page.")
    return Outcome("link_linked", "warn" if texts else "good", title, text, account=str(result.account.pk))


def _off(missing: list[str]) -> str:
    said = ngettext(
        "You did not allow everything, so this is off: %(features)s. If that was not intended, ask for a new link.",
        "You did not allow everything, so these are off: %(features)s. If that was not intended, ask for a new link.",
        len(missing),
    )
    return said % {"features": ", ".join(missing)}


def already(link: ConnectLink, account: TikTokAccount, missing: list[str]) -> Outcome:
    """The TikTok user who came is linked to this instance and well; the link is not used up.

    ``missing``: what they have left off this time; TikTok believes the newest consent.
    """
    title = _("This account is connected to %(instance)s already") % {"instance": link.instance}
    text = _("Nothing had to be done. If you meant another account, switch to it on TikTok first and try again.")
    if missing:
        said = ngettext(
            "You did not allow everything now, so this is off: %(features)s. If that was not intended, try again.",
            "You did not allow everything now, so these are off: %(features)s. If that was not intended, try again.",
            len(missing),
        )
        text = said % {"features": ", ".join(missing)}
    return Outcome("link_already", "warn", title, text, account=str(account.pk))


def no_app() -> Outcome:
    """Nothing is wrong with the link."""
    text = _("The team's connection to TikTok is not set up at the moment. Tell whoever sent you the link.")
    return Outcome("link_no_app", "bad", _("This does not work right now"), text)


def too_often() -> Outcome:
    """Our own limit."""
    text = _("There were many attempts from your network. Wait a minute, then open the link again.")
    return Outcome("link_too_often", "warn", _("Wait a minute"), text)


_UNUSABLE: Final[dict[LinkState, Said]] = {
    LinkState.USED: lambda: (
        _("This link was used already"),
        _("Each link works once. If it was you, everything is done. If not, ask whoever sent it for a new one."),
    ),
    LinkState.REVOKED: lambda: (
        _("This link was taken back"),
        _("The team that sent it has cancelled it or made a newer one. Look for a later link, or ask for a new one."),
    ),
    LinkState.EXPIRED: lambda: (
        _("This link has expired"),
        _("Links like this work for a limited time. Ask whoever sent it for a new one."),
    ),
    LinkState.MAKER_GONE: lambda: (
        _("This link no longer works"),
        _(
            "The person who made it may no longer connect accounts for the team. Ask the team for a new link; a "
            "colleague can make one."
        ),
    ),
    LinkState.INSTANCE_GONE: lambda: (
        _("The place this link led to is gone"),
        _("The team has deleted the workspace to which your account was to be connected. Ask them what to do now."),
    ),
    LinkState.UNKNOWN: lambda: (
        _("This link is not known here"),
        _("Perhaps a part of it is missing: copy the whole link from the message. Otherwise ask for a new one."),
    ),
}


def unusable(state: LinkState) -> Outcome:
    """The link opens nothing (any more): why, and what to do. Nothing was stored."""
    title, text = _UNUSABLE[state]()
    return Outcome(f"link_{state}", "bad", title, text)
