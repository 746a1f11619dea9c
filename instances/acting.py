"""Permission checks in services, whichever view or route calls them.

A view declares its permission too (``require_permission``), so that pages can leave out what a person may not open.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from instances.access import Access, access_among
from instances.models import Instance
from instances.refusals import NotAllowed
from instances.roles import Permission

Service = TypeVar("Service", bound=Callable[..., Any])
_acting: Final[ContextVar[Access | None]] = ContextVar("acting", default=None)


@contextmanager
def acting(access: Access) -> Iterator[None]:
    """Keep the access that a request has just read, so that no service reads it again."""
    token = _acting.set(access)
    try:
        yield
    finally:
        _acting.reset(token)


def may(actor: User, instance_id: UUID, permission: Permission) -> bool:
    """Return whether the person's role allows it now; False for strangers. One statement outside a request."""
    access = _acting.get()
    if access is None or (access.user.pk, access.instance.pk) != (actor.pk, instance_id):
        access = access_among(Instance.objects.filter(pk=instance_id), actor)
    return access is not None and access.can(permission)


def needs(permission: Permission) -> Callable[[Service], Service]:
    """Guard a service that takes ``actor`` and an instance or a row of one.

    Raises NotAllowed unless the actor holds the permission there; nothing has been written then.
    """

    def decorate(service: Service) -> Service:
        signature = inspect.signature(service)

        @wraps(service)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            given = signature.bind(*args, **kwargs).arguments
            if not may(given["actor"], _instance_of(given.values()), permission):
                raise NotAllowed(_("Your role does not allow this."))
            return service(*args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return cast(Service, guarded)

    return decorate


def _instance_of(given: Any) -> UUID:
    for value in given:
        if isinstance(value, Instance):
            return value.pk
        if isinstance(found := getattr(value, "instance_id", None), UUID):
            return found
    raise TypeError("the service takes nothing of an instance")
