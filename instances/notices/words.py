"""Notices in words. What a code means and what a subject is called, the app above knows; settings name it."""

from collections.abc import Callable, Mapping, Sequence
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
    NoticeKind.ENDED: "reconnect_needed",
    NoticeKind.ENDING: "expiring",
    NoticeKind.SCOPES: "limited",
    NoticeKind.LINKED: "linked",
    NoticeKind.UNUSABLE: "media_refused",
    NoticeKind.CHECKED: "media_ready",
}


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
    teller = cast(Callable[[Notice], Words], import_string(settings.NOTICE_WORDS))
    return teller(notice)


def subjects_of(instance: Instance, notices: Sequence[Notice]) -> Mapping[UUID, Subject]:
    """What the notices are about, by subject id; a statement for posts and one for accounts. The scope is open."""
    finder = cast(
        Callable[[Instance, Sequence[Notice]], Mapping[UUID, Subject]], import_string(settings.NOTICE_SUBJECTS)
    )
    return finder(instance, notices)


def tell_all(instance: Instance, notices: list[Notice]) -> list[Told]:
    """The notices in words, in their order; at most two statements."""
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
        NoticeKind.ENDED: ngettext(
            "%(count)d account has to be reconnected", "%(count)d accounts have to be reconnected", count
        ),
        NoticeKind.ENDING: ngettext(
            "%(count)d account's permission ends soon", "%(count)d accounts' permissions end soon", count
        ),
        NoticeKind.SCOPES: ngettext(
            "%(count)d account's TikTok permissions have changed",
            "%(count)d accounts' TikTok permissions have changed",
            count,
        ),
        NoticeKind.LINKED: ngettext(
            "%(count)d account was linked by a connect link", "%(count)d accounts were linked by connect links", count
        ),
        NoticeKind.UNUSABLE: ngettext(
            "%(count)d video cannot be published", "%(count)d videos cannot be published", count
        ),
        NoticeKind.CHECKED: ngettext("%(count)d video is ready", "%(count)d videos are ready", count),
    }
    return texts[NoticeKind(kind)] % {"count": count}


def kind_title(kind: str) -> str:
    """What happened to one post or account, as a heading."""
    titles = {
        NoticeKind.FAILED: _("A post failed"),
        NoticeKind.ATTENTION: _("A post needs somebody"),
        NoticeKind.RECONNECT: _("A post waits for its account"),
        NoticeKind.ENDED: _("An account has to be reconnected"),
        NoticeKind.ENDING: _("An account's permission ends soon"),
        NoticeKind.SCOPES: _("TikTok permissions have changed"),
        NoticeKind.LINKED: _("A connect link was used"),
        NoticeKind.UNUSABLE: _("A video cannot be published"),
        NoticeKind.CHECKED: _("A video is ready"),
    }
    return titles[NoticeKind(kind)]
