"""The photos of the composer: an ordered strip with a cover, and the library to add from.

Each button of the strip sends the form; the order is that of the fields ``photos``. Nothing is saved here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from instances.decorators import require_permission
from instances.http import InstanceRequest
from instances.roles import Permission
from tiktok.accounts.selection import parse_id
from tiktok.api.limits import PHOTOS_MAX
from tiktok.media.notices import mark_seen
from tiktok.models import Media, MediaKind

ADD, REMOVE, EARLIER, LATER, SHOW = "add", "remove", "earlier", "later", "show"
#: The names of the buttons that change the strip instead of sending the post.
BUTTONS: Final = frozenset({ADD, REMOVE, EARLIER, LATER, SHOW})
PER_LOOK: Final = 12
MOST_SHOWN: Final = 600


class PhotosInput(forms.MultipleHiddenInput):
    """The photos as hidden fields, which the strip writes; errors link to the strip."""

    is_hidden = False


class PhotosField(forms.Field):
    """Photos in the order in which they were sent, as Media."""

    widget = PhotosInput

    def to_python(self, value: Any) -> list[Media]:
        """Return the photos; one that is not there is an error, a deleted one is for the rules to report."""
        ids = read_ids(value or ())
        found = Media.objects.in_bulk(ids)
        if len(found) < len(ids):
            raise ValidationError(_("A photo is no longer available. Choose the photos again."))
        return [found[pk] for pk in ids]


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of the strip; ``number`` counts from 1."""

    media: Media
    number: int
    is_cover: bool
    is_last: bool

    @property
    def is_first(self) -> bool:
        """Return whether it cannot move earlier."""
        return self.number == 1


@dataclass(frozen=True, slots=True)
class Strip:
    """The chosen photos in order; ``library``: others to add, ``more``: how many to show after the next press."""

    photos: tuple[Photo, ...]
    library: tuple[Media, ...]
    shown: int
    has_more: bool

    @property
    def more(self) -> int:
        """Return how many photos of the library the button for more shows."""
        return self.shown + PER_LOOK

    @property
    def is_full(self) -> bool:
        """Return whether TikTok takes no further photo."""
        return len(self.photos) >= PHOTOS_MAX

    @property
    def most(self) -> int:
        """Return how many photos a post may have."""
        return PHOTOS_MAX


def strip_of(ids: Iterable[UUID], cover: UUID | None, *, shown: int = PER_LOOK) -> Strip:
    """Return the strip of these photos; the first one is the cover unless another one is. ``shown`` 0: no library."""
    ids = list(ids)
    found = Media.objects.in_bulk(ids)
    chosen = [found[pk] for pk in ids if pk in found]
    at = next((index for index, media in enumerate(chosen) if media.pk == cover), 0)
    photos = (
        Photo(media, index + 1, is_cover=index == at, is_last=index + 1 == len(chosen))
        for index, media in enumerate(chosen)
    )
    others = Media.objects.filter(deleted_at=None, kind=MediaKind.PHOTO).exclude(pk__in=ids)
    library = list(others.order_by("-created_at", "-pk")[: shown + 1]) if shown else []
    return Strip(tuple(photos), tuple(library[:shown]), shown, has_more=len(library) > shown)


def rearrange(data: QueryDict) -> None:
    """Do what the pressed button says to the fields ``photos`` and ``cover``; without one they stay."""
    ids = read_ids(data.getlist("photos"))
    for name in (ADD, REMOVE, EARLIER, LATER):
        for wanted in read_ids(data.getlist(name)):
            ids = _CHANGES[name](ids, wanted)
    data.setlist("photos", [str(pk) for pk in ids])


def _added(ids: list[UUID], wanted: UUID) -> list[UUID]:
    return ids if wanted in ids or len(ids) >= PHOTOS_MAX else [*ids, wanted]


def _removed(ids: list[UUID], wanted: UUID) -> list[UUID]:
    return [pk for pk in ids if pk != wanted]


def _moved(ids: list[UUID], wanted: UUID, by: int) -> list[UUID]:
    if wanted not in ids:
        return ids
    at = ids.index(wanted)
    rest = _removed(ids, wanted)
    rest.insert(min(max(at + by, 0), len(rest)), wanted)
    return rest


_CHANGES: Final[dict[str, Callable[[list[UUID], UUID], list[UUID]]]] = {
    ADD: _added,
    REMOVE: _removed,
    EARLIER: lambda ids, wanted: _moved(ids, wanted, -1),
    LATER: lambda ids, wanted: _moved(ids, wanted, 1),
}


def read_ids(values: Iterable[Any]) -> list[UUID]:
    """Return the ids among these values, each once, in their order."""
    return list(dict.fromkeys(pk for value in values if (pk := parse_id(str(value)))))


def shown_of(data: QueryDict) -> int:
    """Return how many photos of the library to show: the number last asked for."""
    asked = [int(value) for value in data.getlist(SHOW) if value.isdecimal() and len(value) < 5]
    return min(max([PER_LOOK, *asked]), MOST_SHOWN)


def pressed(data: QueryDict) -> bool:
    """Return whether a button of the strip sent the form: ``show`` has a hidden field too."""
    changed = BUTTONS - {SHOW}
    return not changed.isdisjoint(data) or len(data.getlist(SHOW)) > 1


@require_POST
@require_permission(Permission.POST_WRITE)
def post_photos(request: InstanceRequest) -> HttpResponse:
    """Show the strip after the pressed button, with the preview; the composer swaps both."""
    data = request.POST.copy()
    rearrange(data)
    strip = strip_of(read_ids(data.getlist("photos")), parse_id(data.get("cover", "")), shown=shown_of(data))
    context = {"strip": strip, "said": _said(data, strip), "is_swap": True}
    return render(request, "tiktok/posts/_photos.html", context)


@require_GET
@require_permission(Permission.POST_WRITE)
def post_photo_view(request: InstanceRequest, media_id: UUID) -> HttpResponse:
    """Show the picture and state of a photo that was being checked; with ``strip`` also in the preview."""
    media = get_object_or_404(Media, pk=media_id)
    mark_seen(media, request.user)
    context = {"media": media, "in_strip": "strip" in request.GET}
    return render(request, "tiktok/posts/photo_view.html", context)


def _said(data: QueryDict, strip: Strip) -> str:
    """Return what the change did, for screen readers."""
    if data.get(REMOVE):
        return _("Photo removed.")
    wanted = parse_id(data.get(EARLIER, "") or data.get(LATER, "") or data.get(ADD, "") or data.get("dropped", ""))
    photo = next((photo for photo in strip.photos if photo.media.pk == wanted), None)
    if photo is None:
        return ""
    words = {"name": photo.media.original_name, "number": photo.number, "total": len(strip.photos)}
    return _("%(name)s is photo %(number)s of %(total)s.") % words
