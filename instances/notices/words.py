"""Notices in words. A notice holds codes; what they mean and what its subject is called, the app above registers."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.utils.functional import Promise

from instances.models import Instance, Notice, NoticeKind


@dataclass(frozen=True, slots=True)
class Words:
    """What happened, what Clipdesk does about it, what you can do: a short sentence each; any may be empty."""

    what: str
    does: str
    can: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What a notice is about: its name, what it belongs to, its page (a path), and how it stands (may be empty)."""

    name: str
    belongs_to: str
    url: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """A kind of news: ``look`` is the state whose badge goes with it, ``counted`` a plural with ``count``."""

    look: str
    title: str | Promise
    counted: str | Promise


@dataclass(frozen=True, slots=True, eq=False)
class Topic:
    """What notices of some kinds are about.

    ``words`` asks the database nothing; ``subjects`` finds what is still there in one statement, by its id, and
    ``gone`` says that it is not.
    """

    headings: Mapping[NoticeKind, Heading]
    words: Callable[[Notice], Words]
    subjects: Callable[[Instance, Collection[UUID]], Mapping[UUID, Subject]]
    gone: str | Promise


_topics: Final[dict[NoticeKind, Topic]] = {}


def register(topic: Topic) -> None:
    """Have the topic tell its kinds of notices. Call it in ``AppConfig.ready()``."""
    _topics.update(dict.fromkeys(topic.headings, topic))


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as people read it; ``subject`` is None when it is gone."""

    notice: Notice
    words: Words
    subject: Subject | None

    @property
    def look(self) -> str:
        """The state whose badge goes with this kind of news."""
        return _heading(self.notice.kind).look

    @property
    def title(self) -> str:
        """What happened, as a heading."""
        return kind_title(self.notice.kind)


def words_of(notice: Notice) -> Words:
    """The notice's codes as sentences, in the active language; asks the database nothing."""
    return _topic(notice.kind).words(notice)


def subjects_of(instance: Instance, notices: Iterable[Notice]) -> Mapping[UUID, Subject]:
    """What the notices are about, by subject id; a statement for each topic that occurs. The scope is open."""
    ids: defaultdict[Topic, set[UUID]] = defaultdict(set)
    for notice in notices:
        ids[_topic(notice.kind)].add(notice.subject_id)
    return {pk: subject for topic, wanted in ids.items() for pk, subject in topic.subjects(instance, wanted).items()}


def tell_all(instance: Instance, notices: list[Notice]) -> list[Told]:
    """The notices in words, in their order; at most a statement for each topic."""
    subjects = subjects_of(instance, notices)
    return [Told(notice, words_of(notice), subjects.get(notice.subject_id)) for notice in notices]


def kind_count(kind: str, count: int) -> str:
    """ "3 posts failed"."""
    return str(_heading(kind).counted % {"count": count})


def kind_title(kind: str) -> str:
    """What happened to one post or account, as a heading."""
    return str(_heading(kind).title)


def gone_text(notice: Notice) -> str:
    """That the notice's subject is not there any more."""
    return str(_topic(notice.kind).gone)


def _topic(kind: str) -> Topic:
    return _topics[NoticeKind(kind)]


def _heading(kind: str) -> Heading:
    return _topic(kind).headings[NoticeKind(kind)]
