"""Audit lines in words. Each app registers the sentences of its actions and finds the things they are about."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import AuditLogEntry
from core.web.times import date_text
from instances.models import Instance
from instances.notices.words import Subject
from instances.roles import ROLES

Detail = Mapping[str, Any]
Sentence = Promise | Callable[[Detail], str | Promise]
FindThings = Callable[[Instance, Collection[UUID]], Mapping[UUID, Subject]]
NAMES: Final = ("name", "email", "member", "person")  # details that name what a line is about
CODES: Final[Mapping[str, str | Promise]] = {
    "totp": gettext_lazy("authenticator app"),
    "recovery_codes": gettext_lazy("recovery codes"),
    **{role.value: row.label for role, row in ROLES.items()},
    "member": gettext_lazy("Member"),
}


@dataclass(frozen=True, slots=True)
class AuditTopic:
    """Actions of one kind. A sentence may use %(who)s, %(what)s and each detail of its lines by name.

    ``things`` finds what lines of a target type are about, in one statement; ``gone`` names what was deleted.
    """

    kind: str
    label: Promise
    sentences: Mapping[str, Sentence]
    things: Mapping[str, FindThings] = field(default_factory=dict)
    gone: Mapping[str, Promise] = field(default_factory=dict)


_topics: Final[dict[str, AuditTopic]] = {}


def register(*topics: AuditTopic) -> None:
    """Add these topics; a second registration of a kind replaces the first. Call it in ``AppConfig.ready()``."""
    _topics.update({topic.kind: topic for topic in topics})


def kinds() -> list[tuple[str, Promise]]:
    """Return each kind of actions and its name, to choose from."""
    return [(topic.kind, topic.label) for topic in _topics.values()]


def actions_of(kind: str) -> list[str]:
    """Return the actions of a kind."""
    return list(_topics[kind].sentences)


@dataclass(frozen=True, slots=True)
class AuditLine:
    """An audit entry in words."""

    entry: AuditLogEntry
    pattern: str
    values: Mapping[str, str]
    url: str = ""

    @property
    def text(self) -> str:
        """Return the sentence without links."""
        return self.pattern % self.values

    @property
    def html(self) -> SafeString:
        """Return the sentence with what it is about as a link, where that still exists."""
        values = {name: mark_safe(f"<bdi>{escape(value)}</bdi>") for name, value in self.values.items()}  # noqa: S308
        if self.url:
            values["what"] = format_html('<a href="{}">{}</a>', self.url, values["what"])
        return mark_safe(escape(self.pattern) % _Blanks(values))  # noqa: S308 - every part is escaped

    @property
    def notes(self) -> list[str]:
        """Return what else is known: from which address, and whether the administration did it."""
        detail = self.entry.detail
        address = detail.get("client_address")
        notes = [_("IP address %(address)s") % {"address": address}] if address else []
        return [*notes, _("in Administration")] if detail.get("by_staff") else notes


class _Blanks(dict[str, Any]):
    """A line that lacks a detail shows a dash in its place."""

    def __missing__(self, key: str) -> str:
        return "–"


def in_words(instance: Instance, entries: Iterable[AuditLogEntry]) -> list[AuditLine]:
    """Return the entries as sentences, in their order; a statement for each type of thing. Needs the scope."""
    entries = list(entries)
    things = _things_of(instance, entries)
    return [_line(entry, things.get((entry.target_type, entry.target_id))) for entry in entries]


def _things_of(instance: Instance, entries: Iterable[AuditLogEntry]) -> Mapping[tuple[str, str], Subject]:
    finders = {target: find for topic in _topics.values() for target, find in topic.things.items()}
    wanted: defaultdict[str, set[UUID]] = defaultdict(set)
    for entry in entries:
        if entry.target_type in finders:
            wanted[entry.target_type].add(UUID(entry.target_id))
    found = {target: finders[target](instance, ids) for target, ids in wanted.items()}
    return {(target, str(pk)): thing for target, things in found.items() for pk, thing in things.items()}


def _line(entry: AuditLogEntry, thing: Subject | None) -> AuditLine:
    values = _Blanks({name: _plain(name, value) for name, value in entry.detail.items()})
    values["who"] = str(entry.actor) if entry.actor else entry.actor_label
    values["what"] = _quoted(thing.name) if thing else _name_of(entry, values)
    values["action"] = entry.action
    return AuditLine(entry, _pattern(entry), values, thing.url if thing else "")


def _pattern(entry: AuditLogEntry) -> str:
    sentence = next(
        (topic.sentences[entry.action] for topic in _topics.values() if entry.action in topic.sentences), None
    )
    if sentence is None:
        return _("%(who)s: %(action)s")
    return str(sentence if isinstance(sentence, Promise) else sentence(entry.detail))


def _name_of(entry: AuditLogEntry, values: Mapping[str, str]) -> str:
    """Return the name that the line kept, or that the thing was deleted."""
    if name := next((entry.detail[name] for name in NAMES if entry.detail.get(name)), ""):
        return _quoted(str(name))
    gone = {target: text for topic in _topics.values() for target, text in topic.gone.items()}
    return str(gone.get(entry.target_type, "–"))


def _quoted(name: str) -> str:
    return _("“%(name)s”") % {"name": name}


def _plain(name: str, value: Any) -> str:
    """Return a detail as people read it."""
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    if isinstance(value, bool) or value is None or value == "":
        return {True: _("yes"), False: _("no")}.get(value, "–")
    if name.endswith("_at") and (moment := _moment(str(value))):
        return date_text(moment)
    is_role = name in {"role", "before", "after", "kind"} and isinstance(value, str)
    return str(CODES.get(str(value), value)) if is_role else str(value)


def _moment(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found and found.tzinfo else None
