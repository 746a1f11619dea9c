"""The history of an account's connection, from the audit log."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import AuditLogEntry
from tiktok.access.grants import FAILED, UNKNOWN, UNUSABLE
from tiktok.access.reasons import reason_text
from tiktok.access.scopes import features_of
from tiktok.accounts.disconnect import LATER, SHARED
from tiktok.models import TikTokAccount

MOST: Final = 20
LOOKS: Final[dict[str, tuple[Promise, str, str]]] = {
    "account.linked": (gettext_lazy("Connected"), "good", "plug-connected"),
    "account.updated": (gettext_lazy("Connected again"), "good", "plug-connected"),
    "account.reconnected": (gettext_lazy("Reconnected"), "good", "plug-connected"),
    "account.active": (gettext_lazy("Active again"), "good", "circle-check"),
    "account.reconnect_needed": (gettext_lazy("Reconnect needed"), "bad", "plug-connected-x"),
    "account.withdrawal_explained": (gettext_lazy("Reason received from TikTok"), "neutral", "info-circle"),
    "account.scopes_changed": (gettext_lazy("TikTok permissions changed"), "warn", "shield-lock"),
    "account.renamed": (gettext_lazy("Renamed"), "neutral", "pencil"),
    "account.labelled": (gettext_lazy("Labels changed"), "neutral", "tag"),
    "account.moved": (gettext_lazy("Moved to another TikTok app"), "good", "plug-connected"),
    "account.kept_apart": (gettext_lazy("Kept as a separate account"), "neutral", "plug-connected"),
    "account.disconnecting": (gettext_lazy("Disconnecting"), "neutral", "plug-x"),
    "account.disconnected": (gettext_lazy("Disconnected"), "neutral", "plug-x"),
}


@dataclass(frozen=True, slots=True)
class Happening:
    """A line of the timeline component."""

    at: datetime
    title: str
    text: str
    tone: str
    icon: str


def history_of(account: TikTokAccount) -> list[Happening]:
    """Return the latest entries, newest first, in one statement."""
    about = AuditLogEntry.objects.filter(instance_id=account.instance_id, target_id=str(account.pk))
    return list(_describe(about.filter(target_type=account._meta.model_name)[:MOST]))


def _describe(lines: Iterable[AuditLogEntry]) -> Iterable[Happening]:
    for line in lines:
        title, tone, icon = LOOKS.get(line.action, (line.action, "neutral", "history"))
        detail = _DETAILS[line.action](line.detail) if line.action in _DETAILS else ""
        by = _("By %(who)s.") % {"who": line.actor_label}
        yield Happening(line.at, str(title), f"{detail} {by}".strip(), tone, icon)


def _scopes(detail: dict[str, Any]) -> str:
    lost, gained = features_of(detail.get("lost", [])), features_of(detail.get("gained", []))
    said = [_("No longer allowed: %(features)s.") % {"features": ", ".join(lost)}] if lost else []
    if gained:
        said.append(_("Allowed now: %(features)s.") % {"features": ", ".join(gained)})
    return " ".join(said)


def _given_back(detail: dict[str, Any]) -> str:
    if detail.get("revoked"):
        return _("The authorization was revoked at TikTok.")
    texts = {
        SHARED: _("The authorization stays, since the TikTok user is connected in another instance."),
        LATER: _("The authorization is revoked at TikTok once a post in progress has finished."),
        UNUSABLE: _("There was no usable authorization to revoke."),
        UNKNOWN: _(
            "TikTok did not confirm that the authorization was revoked. The account owner can check this in the TikTok"
            " app."
        ),
        FAILED: _(
            "The authorization could not be revoked at TikTok. The account owner can remove it in the TikTok app."
        ),
    }
    return texts.get(detail.get("why", ""), _("The authorization was not revoked at TikTok."))


def _through(detail: dict[str, Any]) -> str:
    return _("Through the TikTok app %(app)s.") % {"app": detail.get("app", "?")}


def _labels(detail: dict[str, Any]) -> str:
    labels = ", ".join(detail.get("after", []))
    return _("Now: %(labels)s.") % {"labels": labels} if labels else _("No labels now.")


def _moved(detail: dict[str, Any]) -> str:
    said = ngettext(
        "From the TikTok app %(from_app)s to %(to_app)s, with %(waiting)d waiting post.",
        "From the TikTok app %(from_app)s to %(to_app)s, with %(waiting)d waiting posts.",
        detail["waiting"],
    )
    return said % detail


_DETAILS: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    "account.linked": _through,
    "account.updated": _through,
    "account.reconnected": _through,
    "account.reconnect_needed": lambda detail: reason_text(detail.get("reason", "")),
    "account.withdrawal_explained": lambda detail: reason_text(detail.get("reason", "")),
    "account.scopes_changed": _scopes,
    "account.renamed": lambda detail: _("From %(before)s to %(after)s.") % detail,
    "account.labelled": _labels,
    "account.moved": _moved,
    "account.kept_apart": lambda detail: _("The other account is called %(other)s.") % detail,
    "account.disconnected": _given_back,
}
