"""What every page's frame shows: the left rail. Apps above add theirs by ``settings.RAIL_PROVIDERS``."""

from collections.abc import Callable
from typing import Any, Final, cast

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from instances.access import Access
from instances.http import InstanceRequest
from instances.notices.reading import bell_of
from instances.queries import instances_of
from instances.roles import Permission

# Where, label, icon. An entry shows once its page exists, to those whose role opens it.
PAGES: Final = (
    ("", _("Home"), "home"),
    ("posts/", _("Posts"), "list-details"),
    ("calendar/", _("Calendar"), "calendar"),
    ("media/", _("Media"), "photo-video"),
    ("analytics/", _("Analytics"), "chart-line"),
    ("accounts/", _("Accounts"), "users"),
)
SETTINGS: Final = (
    ("settings/general/", _("General"), "adjustments"),
    ("settings/connections/", _("Connections"), "plug-connected"),
    ("settings/members/", _("Members"), "users-group"),
    ("settings/notifications/", _("Notifications"), "bell"),
    ("settings/advanced/", _("Advanced"), "key"),
)
NEW_POST: Final = "posts/new/"


def rail(request: HttpRequest) -> dict[str, Any]:
    """``rail``, made only when a template looks at it."""
    return {"rail": SimpleLazyObject(lambda: build_rail(request))}


def build_rail(request: HttpRequest) -> dict[str, Any]:
    """The instances a person can switch to, and the navigation of the open one."""
    if not isinstance(getattr(request, "user", None), User):
        return {}
    found: dict[str, Any] = {"instances": instances_of(cast(User, request.user)).values("name", "slug")}
    access: Access | None = getattr(request, "membership", None)
    if access:
        found |= _inside(cast(InstanceRequest, request), access)
        for name in settings.RAIL_PROVIDERS:
            provider: Callable[[HttpRequest], dict[str, Any]] = import_string(name)
            found |= provider(request)
    return found


def _inside(request: InstanceRequest, access: Access) -> dict[str, Any]:
    base = f"/i/{access.instance.slug}/"
    nav = _entries(request, access, base, PAGES)
    connections = _opens(access, base + "settings/connections/")
    can_write = access.can(Permission.POST_WRITE)
    can_post = can_write and _opens(access, base + NEW_POST)
    return {
        "bell": bell_of(access.user) if can_write else None,
        "notices_url": base + "notices/",
        "notices_active": request.path.startswith(base + "notices/"),
        "nav": nav,
        "settings_nav": _entries(request, access, base, SETTINGS),
        "settings_active": request.path.startswith(base + "settings/"),
        "can_create_post": can_post,
        "new_post_url": base + NEW_POST if can_post else "",
        "all_accounts_url": nav[0]["url"] if nav else "",
        "connections_url": base + "settings/connections/" if connections else "",
    }


def _entries(
    request: HttpRequest, access: Access, base: str, pages: tuple[tuple[str, Promise, str], ...]
) -> list[dict[str, Any]]:
    return [
        {"label": label, "url": base + suffix, "icon": icon, "active": _is_active(request.path, base, suffix)}
        for suffix, label, icon in pages
        if _opens(access, base + suffix)
    ]


def _is_active(path: str, base: str, suffix: str) -> bool:
    return path == base if not suffix else path.startswith(base + suffix)


def _opens(access: Access, url: str) -> bool:
    """Whether the page exists and its permission, which ``require_permission`` leaves on the view, is granted."""
    try:
        view = resolve(url).func
    except Resolver404:
        return False
    permission: Permission | None = getattr(view, "permission", None)
    return permission is None or access.can(permission)
