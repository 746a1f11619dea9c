"""Notifications in words. A notification holds codes; apps above register their meaning and the subject's name."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.utils.functional import Promise

from instances.models import Instance, Notice, NoticeKind


@dataclass(frozen=True, slots=True)
class Words:
    """The event, Clipdesk's reaction and the reader's options: a short sentence each; any may be empty."""

    what: str
    does: str
    can: str


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject of a notification: name, account, page (a path) and state (may be empty)."""

    name: str
    belongs_to: str
    url: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """A kind of notification: ``look`` is the state of its badge, ``counted`` a plural with ``count``."""

    look: str
    title: str | Promise
    counted: str | Promise


@dataclass(frozen=True, slots=True, eq=False)
class Topic:
    """The subject of some kinds of notifications.

    ``words`` runs no query; ``subjects`` finds what is still there in one statement, by its id, and
    ``gone`` says that it no longer exists.
    """

    headings: Mapping[NoticeKind, Heading]
    words: Callable[[Notice], Words]
    subjects: Callable[[Instance, Collection[UUID]], Mapping[UUID, Subject]]
    gone: str | Promise


_topics: Final[dict[NoticeKind, Topic]] = {}


def register(topic: Topic) -> None:
    """Add the words of these kinds of notifications. Call it in ``AppConfig.ready()``."""
    _topics.update(dict.fromkeys(topic.headings, topic))


@dataclass(frozen=True, slots=True)
class NoticeInWords:
    """A notification in words; ``subject`` is None once it was deleted."""

    notice: Notice
    words: Words
    subject: Subject | None

    @property
    def look(self) -> str:
        """Return the state whose badge belongs to this kind."""
        return _heading(self.notice.kind).look

    @property
    def title(self) -> str:
        """Return what happened, as a heading."""
        return kind_title(self.notice.kind)

    @property
    def gone(self) -> str:
        """Return that the subject no longer exists."""
        return gone_text(self.notice)


def words_of(notice: Notice) -> Words:
    """Return the notification's codes as sentences in the active language; runs no query."""
    return _topic(notice.kind).words(notice)


def subjects_of(instance: Instance, notices: Iterable[Notice]) -> Mapping[UUID, Subject]:
    """Return the subjects by id; a statement for each topic that occurs. Needs the scope."""
    ids: defaultdict[Topic, set[UUID]] = defaultdict(set)
    for notice in notices:
        ids[_topic(notice.kind)].add(notice.subject_id)
    return {pk: subject for topic, wanted in ids.items() for pk, subject in topic.subjects(instance, wanted).items()}


def notices_in_words(instance: Instance, notices: list[Notice]) -> list[NoticeInWords]:
    """Return the notifications in words, in their order; at most a statement for each topic."""
    subjects = subjects_of(instance, notices)
    return [NoticeInWords(notice, words_of(notice), subjects.get(notice.subject_id)) for notice in notices]


def kind_count(kind: str, count: int) -> str:
    """ "3 posts failed"."""
    return str(_heading(kind).counted % {"count": count})


def kind_title(kind: str) -> str:
    """Return the event as a heading."""
    return str(_heading(kind).title)


def gone_text(notice: Notice) -> str:
    """Return that the subject no longer exists."""
    return str(_topic(notice.kind).gone)


def _topic(kind: str) -> Topic:
    return _topics[NoticeKind(kind)]


def _heading(kind: str) -> Heading:
    return _topic(kind).headings[NoticeKind(kind)]
