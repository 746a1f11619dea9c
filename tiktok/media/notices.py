"""Notifications about media: a file that cannot be published, and one that became ready after a wait."""

from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.models import User
from instances.models import Instance, Notice, NoticeKind
from instances.notices.reading import mark_subject_read
from instances.notices.words import Heading, Subject, Topic, Words
from tiktok.media.refusals import refusal_text
from tiktok.models import Media

KINDS: Final = frozenset({NoticeKind.UNUSABLE, NoticeKind.CHECKED})


def words(notice: Notice) -> Words:
    """Return the text of a notification about a file."""
    if notice.kind == NoticeKind.CHECKED:
        return Words(_("This file has been checked and is ready for TikTok."), "", "")
    if code := notice.parts.get("refusal_code", ""):
        return Words(_("Clipdesk can’t use this file."), refusal_text(code), "")
    return Words(_("TikTok would refuse this file."), "", _("Open Media to see why."))


def subjects(instance: Instance, media_ids: Collection[UUID]) -> Mapping[UUID, Subject]:
    """Return names and the page of the files that still exist; one statement."""
    url = reverse("tiktok:media-list", args=[instance.slug])
    found = Media.objects.filter(pk__in=media_ids, deleted_at=None).only("pk", "original_name")
    return {media.pk: Subject(media.original_name, "", f"{url}#media-{media.pk}") for media in found}


def mark_seen(media: Media, user: User) -> None:
    """Mark the verdict as seen on the page, so that no notification follows; harmless when repeated."""
    if not media.is_checking:
        mark_subject_read(user, media.pk)


TOPIC = Topic(
    {
        NoticeKind.UNUSABLE: Heading(
            "media_refused",
            gettext_lazy("A file can’t be published"),
            ngettext_lazy("%(count)d file can’t be published", "%(count)d files can’t be published", "count"),
        ),
        NoticeKind.CHECKED: Heading(
            "media_ready",
            gettext_lazy("A file is ready"),
            ngettext_lazy("%(count)d file is ready", "%(count)d files are ready", "count"),
        ),
    },
    words,
    subjects,
    gone=gettext_lazy("This file was deleted."),
)
