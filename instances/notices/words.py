"""Notices in words. What a code means and what a subject is called, the app above knows; settings name it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, cast
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from instances.models import Instance, Notice, NoticeKind

LOOKS: Final = {
    NoticeKind.FAILED: "failed",
    NoticeKind.ATTENTION: "needs_attention",
    NoticeKind.RECONNECT: "waiting_account",
}


@dataclass(frozen=True, slots=True)
class Words:
    """What happened, what Clipdesk does about it, what you can do: a short sentence each; any may be empty."""

    what: str
    does: str
    can: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What a notice is about: its name, what it belongs to, its page (a path)."""

    name: str
    belongs_to: str
    url: str


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as people read it; ``subject`` is None when it is gone."""

    notice: Notice
    words: Words
    subject: Subject | None

    @property
    def look(self) -> str:
        """The post state whose badge goes with this kind of news."""
        return LOOKS[NoticeKind(self.notice.kind)]

    @property
    def title(self) -> str:
        """What happened, as a heading."""
        return kind_title(self.notice.kind)


def words_of(notice: Notice) -> Words:
    """The notice's codes as sentences, in the active language; asks the database nothing."""
    teller = cast(Callable[[Mapping[str, str]], Words], import_string(settings.NOTICE_WORDS))
    return teller(notice.parts)


def subjects_of(instance: Instance, notices: Iterable[Notice]) -> Mapping[UUID, Subject]:
    """What the notices are about, by subject id; one statement. The instance's scope is open."""
    finder = cast(Callable[[Instance, list[UUID]], Mapping[UUID, Subject]], import_string(settings.NOTICE_SUBJECTS))
    return finder(instance, [notice.subject_id for notice in notices])


def tell_all(instance: Instance, notices: list[Notice]) -> list[Told]:
    """The notices in words, in their order; one statement."""
    subjects = subjects_of(instance, notices)
    return [Told(notice, words_of(notice), subjects.get(notice.subject_id)) for notice in notices]


def kind_count(kind: str, count: int) -> str:
    """ "3 posts failed"."""
    texts = {
        NoticeKind.FAILED: ngettext("%(count)d post failed", "%(count)d posts failed", count),
        NoticeKind.ATTENTION: ngettext("%(count)d post needs somebody", "%(count)d posts need somebody", count),
        NoticeKind.RECONNECT: ngettext(
            "%(count)d post waits for its account", "%(count)d posts wait for their account", count
        ),
    }
    return texts[NoticeKind(kind)] % {"count": count}


def kind_title(kind: str) -> str:
    """What happened to one post, as a heading."""
    titles = {
        NoticeKind.FAILED: _("A post failed"),
        NoticeKind.ATTENTION: _("A post needs somebody"),
        NoticeKind.RECONNECT: _("A post waits for its account"),
    }
    return titles[NoticeKind(kind)]
