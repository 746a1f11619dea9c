"""The command palette: pages, instances, and what apps above find in the open instance."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from instances.context import build_rail
from instances.http import InstanceRequest
from instances.queries import instances_of

MOST_FOUND: Final = 6
LONGEST_SEARCH: Final = 100


@dataclass(frozen=True, slots=True)
class Hit:
    """One line of the palette; ``note`` is said beside the label."""

    label: str | Promise
    url: str
    icon: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Lines of one kind under a title."""

    title: str
    hits: list[Hit]


Finder = Callable[[InstanceRequest, str], Group]
_finders: Final[list[Finder]] = []


def register_finder(*finders: Finder) -> None:
    """Have the palette search with these, too: at most one statement each. Call it in ``AppConfig.ready()``."""
    _finders.extend(finders)


def find(request: InstanceRequest, text: str) -> list[Group]:
    """Return what matches ``text`` in the open instance, and all that the person can open when it is empty."""
    wanted = text.strip()[:LONGEST_SEARCH]
    groups = [_pages(build_rail(request), wanted), *(finder(request, wanted) for finder in _finders)]
    return [group for group in (*groups, _instances(request, wanted)) if group.hits]


def find_instances(request: InstanceRequest, text: str) -> list[Group]:
    """Return matching instances alone, where none is open."""
    group = _instances(request, text.strip()[:LONGEST_SEARCH])
    return [group] if group.hits else []


def _pages(rail: dict[str, Any], text: str) -> Group:
    pages = [Hit(entry["label"], entry["url"], entry["icon"]) for entry in rail["nav"]]
    pages += [Hit(entry["label"], entry["url"], entry["icon"], _("Settings")) for entry in rail["settings_nav"]]
    if rail["bell"]:
        pages.insert(0, Hit(_("Notifications"), rail["notices_url"], "bell"))
    if url := rail.get("new_post_url"):
        pages.insert(0, Hit(_("New post"), url, "plus"))
    pages.append(Hit(_("Profile"), reverse("accounts:profile"), "user"))
    return Group(_("Pages"), [page for page in pages if text.casefold() in f"{page.label} {page.note}".casefold()])


def _instances(request: InstanceRequest, text: str) -> Group:
    found = instances_of(request.user).filter(name__icontains=text)
    if instance := getattr(request, "instance", None):
        found = found.exclude(pk=instance.pk)
    hits = [Hit(one.name, f"/i/{one.slug}/", "layout-grid", one.tenant.name) for one in found[:MOST_FOUND]]
    return Group(_("Instances"), hits)
