"""How an attempt to link can end, in plain words: what happened and what to do."""

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tiktok.api.errors import ErrorKind, TikTokError
from tiktok.linking.services import Linked, LinkHow
from tiktok.models import TikTokAccount


@dataclass(frozen=True, slots=True)
class Outcome:
    """``code`` goes to the page that opened the window; everything else is for the person.

    ``account``: whom it is about, for those who have no list to look at.
    """

    code: str
    tone: str
    title: str
    text: str
    tiktok_code: str = ""
    log_id: str = ""
    account: TikTokAccount | None = None

    @property
    def is_error(self) -> bool:
        """Whether something went wrong; saying no at TikTok is an answer like another."""
        return self.tone == "bad" and self.code != "denied"


def _bad(code: str, title: str, text: str, *, tiktok_code: str = "", log_id: str = "") -> Outcome:
    return Outcome(code, "bad", title, text, tiktok_code[:80], log_id[:80])


def linked(result: Linked, problem: str = "") -> Outcome:
    """Success; ``problem``: what could not be done yet. Says which features the TikTok user left off."""
    account = result.account
    name = f"{account.name} (@{account.username})" if account.username else account.name
    titles = {
        LinkHow.LINKED: _("%(name)s is linked"),
        LinkHow.UPDATED: _("%(name)s was linked already and is up to date now"),
        LinkHow.RECONNECTED: _("%(name)s is connected again"),
    }
    texts = [problem] if problem else []
    if result.missing:
        texts.append(_off(result.missing))
    tone = "warn" if texts else "good"
    code = "fewer_scopes" if result.missing else str(result.how)
    text = " ".join(texts) or _("You can use it right away.")
    return Outcome(code, tone, titles[result.how] % {"name": name}, text)


def _off(missing: list[str]) -> str:
    said = ngettext(
        "You did not allow everything, so this is off: %(features)s. Reconnect to switch it on.",
        "You did not allow everything, so these are off: %(features)s. Reconnect to switch them on.",
        len(missing),
    )
    return said % {"features": ", ".join(missing)}


def denied() -> Outcome:
    """The person pressed Cancel on TikTok's page."""
    return _bad(
        "denied",
        _("Nothing was linked"),
        _("Access was not allowed on TikTok's page. Connect again if that was not intended."),
        tiktok_code="access_denied",
    )


def refused(tiktok_code: str) -> Outcome:
    """TikTok sent the person back with another error, or with nothing."""
    text = _("TikTok sent you back without permission to link the account. Try again in a moment.")
    return _bad("refused", _("TikTok refused"), text, tiktok_code=tiktok_code)


def unknown_state() -> Outcome:
    """Wrong, reused, expired or somebody else's state."""
    return _bad(
        "unknown_state",
        _("This attempt to connect is not valid"),
        _("It was used already, is older than ten minutes, or was begun in another browser. Nothing was linked."),
    )


def not_allowed() -> Outcome:
    """Another person is signed in, or the membership or role ended meanwhile."""
    return _bad(
        "not_allowed",
        _("You may not link accounts here"),
        _("You are no longer signed in as the person who began, or your role has changed. Nothing was linked."),
    )


def app_gone() -> Outcome:
    """The developer app was removed while the person was at TikTok."""
    return _bad(
        "app_gone",
        _("This TikTok app was removed"),
        _("The app through which you began to connect is no longer set up here. Begin again."),
    )


def secret_unreadable() -> Outcome:
    """Our own configuration."""
    text = _("The TikTok app's client secret cannot be read. Whoever runs Clipdesk has to enter it again.")
    return _bad("operator", _("Clipdesk is not set up correctly"), text)


def other_user(expected: str, came_back: str) -> Outcome:
    """A reconnect brought another TikTok user."""
    who = _("Another TikTok account (%(name)s) came back") % {"name": came_back} if came_back else ""
    text = _("You wanted to reconnect %(name)s. Sign in to that account at TikTok first, then reconnect.")
    return _bad("other_user", who or _("Another TikTok account came back"), text % {"name": expected})


_TEXTS: Final = {
    ErrorKind.AUTH: lambda: _("TikTok did not accept the answer it gave you. Connect again."),
    ErrorKind.OPERATOR: lambda: _(
        "TikTok does not accept this app's key, secret or redirect URI. Whoever runs Clipdesk has to correct it."
    ),
    ErrorKind.RATE: lambda: _("TikTok asks for a pause. Connect again in a minute."),
}


def from_error(error: TikTokError) -> Outcome:
    """The exchange of the code failed."""
    wait = _("TikTok could not be reached or did not answer properly. Nothing was linked; connect again in a moment.")
    text = _TEXTS[error.kind]() if error.kind in _TEXTS else wait
    return _bad("failed", _("The account could not be linked"), text, tiktok_code=error.code, log_id=error.log_id)
