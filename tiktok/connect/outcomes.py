"""How an attempt to connect can end: what happened, who can fix it, what to do next."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tiktok.api.errors import ErrorKind, TikTokError
from tiktok.connect.fault_words import MATTERS, OAUTH_WORDS, WORDS
from tiktok.connect.services import Linked, LinkHow

_KINDS: Final[Mapping[ErrorKind, str]] = {
    ErrorKind.RATE: "rate_limit_exceeded",
    ErrorKind.SERVER: "server_error",
    ErrorKind.NET: "not_reached",
}


#: Codes about attempts that may have connected an account.
AFTERWARDS: Final = frozenset({"state_used", "forgotten"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of an attempt. ``code`` goes to the page that opened the window, the rest is shown. Plain values only.

    ``tiktok_text`` is TikTok's own sentence and untrusted. ``retry_at``: earliest time for another try (ISO).
    ``expected`` and ``came_back`` name the TikTok users if another one came back; ``may_link_new``: whether that one
    may be connected. ``account``: the id of the connected account.
    """

    code: str
    tone: str
    title: str
    text: str
    matter: str = ""
    step: str = ""
    tiktok_code: str = ""
    tiktok_text: str = ""
    log_id: str = ""
    retry_at: str = ""
    expected: str = ""
    came_back: str = ""
    may_link_new: bool = False
    account: str = ""

    @classmethod
    def parse(cls, data: Any) -> "Outcome | None":
        """Read from a session; None if another version of Clipdesk wrote it."""
        return cls(**data) if isinstance(data, dict) and data.keys() == cls.__dataclass_fields__.keys() else None

    def as_data(self) -> dict[str, Any]:
        """Return plain data for the session."""
        return asdict(self)

    @property
    def is_error(self) -> bool:
        """Whether nothing was connected."""
        return self.tone == "bad"

    @property
    def retry_time(self) -> datetime | None:
        """The time at which TikTok accepts another try."""
        return datetime.fromisoformat(self.retry_at) if self.retry_at else None


def fault(code: str, **details: Any) -> Outcome:
    """Return a failure by its code in WORDS; ``details`` are further fields."""
    words = WORDS[code]
    details = {"step": str(words.step)} | details
    text = str(words.text) if code in AFTERWARDS else f"{words.text} {_nothing()}"
    return Outcome(code, "bad", str(words.title), text, matter=str(MATTERS[words.matter]), **details)


def _nothing() -> str:
    return _("Nothing was connected or changed.")


def linked(result: Linked, problem: str = "") -> Outcome:
    """Return a success, naming what the TikTok user did not allow; ``problem``: what could not be done yet."""
    account = result.account
    name = f"{account.name} (@{account.username})" if account.username else account.name
    titles = {
        LinkHow.LINKED: _("%(name)s is connected"),
        LinkHow.UPDATED: _("%(name)s is already connected. Its details are up to date."),
        LinkHow.RECONNECTED: _("%(name)s is reconnected"),
    }
    texts = [problem] if problem else []
    if result.missing:
        texts.append(_off(result.missing))
    tone = "warn" if texts else "good"
    code = "fewer_scopes" if result.missing else str(result.how)
    text = " ".join(texts) or _("You can use it right away.")
    return Outcome(code, tone, titles[result.how] % {"name": name}, text, account=str(account.pk))


def _off(missing: list[str]) -> str:
    said = ngettext(
        "A permission was not granted, so this is off: %(features)s. Reconnect the account to turn it on.",
        "Some permissions were not granted, so these are off: %(features)s. Reconnect the account to turn them on.",
        len(missing),
    )
    return said % {"features": ", ".join(missing)}


def refused(tiktok_code: str, tiktok_text: str = "") -> Outcome:
    """Return the outcome when TikTok sent the person back with an error."""
    code = tiktok_code if tiktok_code in OAUTH_WORDS else "unknown_refusal"
    return fault(code, tiktok_code=tiktok_code[:80], tiktok_text=tiktok_text[:300])


def from_error(error: TikTokError) -> Outcome:
    """Return the outcome when exchanging the code failed."""
    details = {"tiktok_code": error.code[:80], "tiktok_text": error.message, "log_id": error.log_id[:80]}
    if error.hold_s:
        minutes = math.ceil(error.hold_s / 60)
        step = ngettext("Connect again in %(count)d minute.", "Connect again in %(count)d minutes.", minutes)
        details["step"] = step % {"count": minutes}
        details["retry_at"] = (timezone.now() + timedelta(seconds=error.hold_s)).isoformat()
    return fault(_code_of(error), **details)


def _code_of(error: TikTokError) -> str:
    if error.code in OAUTH_WORDS:
        return error.code
    if error.http_status == HTTPStatus.TOO_MANY_REQUESTS:
        return "rate_limit_exceeded"
    if error.kind is ErrorKind.UNCLEAR:
        return "answer_lost" if error.code == "answer-lost" else "answer_unreadable"
    return _KINDS.get(error.kind, "unknown_refusal")


def other_user(*, expected: str, came_back: str, linked_as: str) -> Outcome:
    """Return the outcome when another TikTok user came back; ``linked_as``: its name, if connected here."""
    title = (
        _("TikTok returned %(name)s") % {"name": came_back} if came_back else _("TikTok returned a different account")
    )
    text = _("You wanted to reconnect %(name)s.") % {"name": expected}
    if linked_as:
        text += " " + _("That account is already connected here, as %(name)s.") % {"name": linked_as}
    text += " " + _nothing()
    step = _(
        "TikTok uses the account that this browser is logged in to. Open tiktok.com in this browser, log out, then try "
        "again and log in as %(name)s."
    )
    return Outcome(
        "other_user", "bad", title, text, matter=str(MATTERS["yours"]), step=step % {"name": expected},
        expected=expected, came_back=came_back, may_link_new=not linked_as,
    )  # fmt: skip
