"""Decorators that check the requirements of a view before it runs."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from instances.http import InstanceRequest
from instances.middleware import InstanceMiddleware
from instances.roles import Permission

P = ParamSpec("P")
View = Callable[Concatenate[InstanceRequest, P], HttpResponseBase]


def require_permission(permission: Permission) -> Callable[[View[P]], Callable[..., HttpResponseBase]]:
    """Let a member with this permission through; others of the instance get 403 (strangers got 404 before)."""

    def decorate(view: View[P]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: InstanceRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not _is_inside(request, slug):
                return _enter(request, lambda again: guarded(again, slug, *args, **kwargs))
            if not request.membership.can(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def _is_inside(request: InstanceRequest, slug: str) -> bool:
    """Return whether this instance is open; a request that allauth repeats may have another one's frame."""
    return hasattr(request, "membership") and request.instance.slug == slug


def _enter(request: HttpRequest, view: Callable[[InstanceRequest], HttpResponseBase]) -> HttpResponseBase:
    """Open the instance for a request that allauth repeats after re-authentication, past the middleware."""
    return InstanceMiddleware(lambda again: view(cast(InstanceRequest, again)))(request)
