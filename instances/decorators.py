"""What a view needs before it runs."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase

from instances.http import InstanceRequest
from instances.roles import Permission

P = ParamSpec("P")
View = Callable[Concatenate[InstanceRequest, P], HttpResponseBase]


def require_permission(permission: Permission) -> Callable[[View[P]], Callable[..., HttpResponseBase]]:
    """Let a member with this permission through; others of the instance get 403 (strangers got 404 before)."""

    def decorate(view: View[P]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: InstanceRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.membership.can(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate
