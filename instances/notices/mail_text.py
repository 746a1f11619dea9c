"""The text of a digest: grouped by event, ten posts and accounts by name, the rest as a number."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from accounts.names import name_in_mail, on_one_line
from instances.models import Instance, Notice, NoticeKind
from instances.notices.words import Subject, Words, kind_count, subjects_of, words_of

NAMED: Final = 10
Codes = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class Mail:
    """Subject, text and HTML of an email."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Named:
    """A post or an account that the email lists, and the time of the event."""

    subject: Subject
    at: datetime


@dataclass(slots=True)
class Group:
    """Notifications of one kind with the same reason; ``named`` are those that the email lists."""

    kind: str
    words: Words
    count: int = 0
    named: list[Named] = field(default_factory=list)

    @property
    def title(self) -> str:
        """ "3 posts failed"."""
        return kind_count(self.kind, self.count)

    @property
    def more(self) -> str:
        """ "and 990 more"; empty when all are named."""
        rest = self.count - len(self.named)
        return ngettext("and %(count)d more", "and %(count)d more", rest) % {"count": rest} if rest else ""


def compose(instance: Instance, notices: Sequence[Notice]) -> Mail:
    """Return the digest of these notifications in the instance's zone; at most two statements."""
    with timezone.override(instance.zone):
        return _composed(instance, notices)


def _composed(instance: Instance, notices: Sequence[Notice]) -> Mail:
    counts = Counter(notice.kind for notice in notices)
    summary = " · ".join(kind_count(kind, counts[kind]) for kind in NoticeKind.values if counts[kind])
    name = name_in_mail(instance.name)
    context = {
        "name": name,
        "summary": summary,
        "groups": _groups(instance, notices),
        "base_url": settings.BASE_URL,
        "notices_url": settings.BASE_URL + reverse("instances:notice-list", args=[instance.slug]),
        "settings_url": settings.BASE_URL + reverse("instances:settings-notifications", args=[instance.slug]),
    }
    text = render_to_string("instances/mail/digest.txt", context)
    html = render_to_string("instances/mail/digest.html", context)
    return Mail(f"{name}: {summary}", text.strip() + "\n", html)


def _groups(instance: Instance, notices: Sequence[Notice]) -> list[Group]:
    """Group by kind and reason, the largest group of each kind first."""
    subjects = subjects_of(instance, _to_name(notices))
    words = _words(notices)
    groups: dict[tuple[str, Words], Group] = {}
    for notice in notices:
        key = (notice.kind, words[_codes(notice)])
        group = groups.setdefault(key, Group(*key))
        group.count += 1
        if subject := subjects.get(notice.subject_id):
            group.named.append(Named(_without_links(subject), notice.at))
    return sorted(groups.values(), key=lambda group: (NoticeKind.values.index(group.kind), -group.count))


def _without_links(subject: Subject) -> Subject:
    """Return the subject with names, typed by colleagues or by strangers at TikTok, as plain short lines."""
    return replace(
        subject,
        name=name_in_mail(subject.name),
        belongs_to=name_in_mail(subject.belongs_to),
        note=on_one_line(subject.note),
    )


def _to_name(notices: Sequence[Notice]) -> list[Notice]:
    """Return ten notifications to name, one of each reason before a second of any."""
    firsts = list({_codes(notice): notice for notice in reversed(notices)}.values())[::-1]
    chosen = {notice.pk for notice in firsts}
    return [*firsts, *(notice for notice in notices if notice.pk not in chosen)][:NAMED]


def _codes(notice: Notice) -> Codes:
    return notice.kind, tuple(sorted(notice.parts.items()))


def _words(notices: Sequence[Notice]) -> dict[Codes, Words]:
    """Return the words of each set of codes once: a thousand posts fail for a few reasons."""
    different = {_codes(notice): notice for notice in notices}
    return {codes: words_of(notice) for codes, notice in different.items()}
