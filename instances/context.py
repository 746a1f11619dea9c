"""The left rail of every page."""

from typing import Any, Final, cast

from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from accounts.models import User
from instances.access import Access
from instances.http import InstanceRequest
from instances.notices.reading import bell_of
from instances.queries import instances_of
from instances.rail import Part, entries, providers
from instances.roles import Permission

# The letter after "g" that opens a page of the rail, by the page's address below /i/<slug>/.
GO_KEYS: Final = {"": "h", "posts/": "p", "media/": "m", "accounts/": "a"}


def rail(request: HttpRequest) -> dict[str, Any]:
    """Add ``rail``, built when a template reads it."""
    return {"rail": SimpleLazyObject(lambda: build_rail(request))}


def build_rail(request: HttpRequest) -> dict[str, Any]:
    """Return the instances that a person can switch to, and the navigation of the open one."""
    if not isinstance(getattr(request, "user", None), User):
        return {}
    found: dict[str, Any] = {
        "instances": instances_of(cast(User, request.user)).values("name", "slug"),
        "palette_url": reverse("instances:palette-instances"),
    }
    access: Access | None = getattr(request, "membership", None)
    if access:
        found |= _inside(cast(InstanceRequest, request), access)
        for provider in providers():
            found |= provider(cast(InstanceRequest, request))
    return found


def _inside(request: InstanceRequest, access: Access) -> dict[str, Any]:
    base = f"/i/{access.instance.slug}/"
    nav = _entries(request, access, base, Part.PAGES)
    settings_nav = _entries(request, access, base, Part.SETTINGS)
    found: dict[str, Any] = {
        "bell": bell_of(access.user),
        "notices_url": base + "notifications/",
        "notices_active": request.path.startswith(base + "notifications/"),
        "nav": nav,
        "settings_nav": settings_nav,
        "settings_active": request.path.startswith(base + "settings/"),
        "palette_url": reverse("instances:palette", args=[access.instance.slug]),
    }
    return found | {"shortcuts": _shortcuts(found)}


def _shortcuts(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the pages that "g" and a letter open, each only if the person may open it."""
    go = [entry for entry in (*found["nav"], *found["settings_nav"]) if entry["key"]]
    if found["settings_nav"]:
        go.append({"label": _("Settings"), "url": found["settings_nav"][0]["url"], "key": "s"})
    if found["bell"]:
        go.append({"label": _("Notifications"), "url": found["notices_url"], "key": "n"})
    return go


def _entries(request: HttpRequest, access: Access, base: str, part: Part) -> list[dict[str, Any]]:
    return [
        {
            "label": entry.label,
            "url": base + entry.path,
            "icon": entry.icon,
            "key": GO_KEYS.get(entry.path, ""),
            "active": _is_active(request.path, base, entry.path),
        }
        for entry in entries(part)
        if _opens(access, base + entry.path)
    ]


def _is_active(path: str, base: str, suffix: str) -> bool:
    return path == base if not suffix else path.startswith(base + suffix)


def _opens(access: Access, url: str) -> bool:
    """Return whether the page exists and the role has the permission that ``require_permission`` left on its view."""
    try:
        view = resolve(url).func
    except Resolver404:
        return False
    permission: Permission | None = getattr(view, "permission", None)
    return permission is None or access.can(permission)
