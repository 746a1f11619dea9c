"""Shared parts of the REST API: keys and scopes, lists with a cursor; and GET /instance."""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import register_converter
from django.urls.converters import UUIDConverter
from django.utils.translation import gettext as _
from ninja import P, QueryEx, Router, Schema
from ninja.security import HttpBearer
from pydantic import ConfigDict

from core.web.problems import ApiProblem, FieldError, invalid
from instances.http import InstanceRequest
from instances.models import ApiKey
from instances.roles import KeyScope

M = TypeVar("M", bound=Model)
T = TypeVar("T")
MOST_PER_PAGE = 100
Cursor = QueryEx[str | None, P(max_length=200, description="`next_cursor` of the previous page.")]
Limit = QueryEx[int, P(ge=1, le=MOST_PER_PAGE, description="The maximum number of items.")]


class IdConverter(UUIDConverter):
    """``{id:…}`` of a path: a UUID in either case. Anything else is a 404."""

    regex = "[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"

    def to_python(self, value: str) -> str:  # type: ignore[override]
        """Text: pydantic makes the UUID."""
        return value


register_converter(IdConverter, "id")


class ApiRouter(Router):
    """A router whose GETs answer HEAD too (RFC 9110, 9.3.2), unless their path has a HEAD of its own before."""

    def add_api_operation(self, path: str, methods: list[str], *args: Any, **kwargs: Any) -> Any:
        """As ninja's."""
        known = self.path_operations[path].operations if path in self.path_operations else []
        has_head = any("HEAD" in operation.methods for operation in known)
        asked = ["GET", "HEAD"] if methods == ["GET"] and not has_head else methods
        return super().add_api_operation(path, asked, *args, **kwargs)


class ApiKeyAuth(HttpBearer):
    """Lets a key through that the middleware has recognised and that holds one of the scopes, if any is named."""

    def __init__(self, *scopes: KeyScope) -> None:
        super().__init__()
        self.scopes = scopes

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        """Return the key, or None (401). Raises ApiProblem: 403 without the scope, then 4xx for a wrong body."""
        key: ApiKey | None = getattr(request, "api_key", None)
        if key is None:
            return None
        if self.scopes:
            refuse_without(request, *self.scopes)
        if check := getattr(request, "check_body", None):
            check(request)
        return key


def refuse_without(request: HttpRequest, *scopes: KeyScope) -> None:
    """Raise ApiProblem 403 unless the key holds one of the scopes; for routes whose need depends on the body."""
    held = request.membership.scopes or frozenset()  # type: ignore[attr-defined]
    if held.isdisjoint(scopes):
        names = " or ".join(scope.value for scope in scopes)
        raise ApiProblem(403, "scope_missing", f"This needs an API key with the scope {names}.")


def require_scope(*scopes: KeyScope) -> ApiKeyAuth:
    """``auth=`` of a route that needs this scope; of several, one is enough."""
    return ApiKeyAuth(*scopes)


class Strict(Schema):
    """Input that refuses fields it does not know."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)


class Page(Schema, Generic[T]):
    """A list; ``next_cursor`` is null on the last page."""

    items: list[T]
    next_cursor: str | None


def paginate(rows: QuerySet[M], cursor: str | None, limit: int) -> tuple[list[M], str | None]:
    """One page of ``rows``, newest ``created_at`` first, and the cursor of the next. Raises ApiProblem 422."""
    if cursor:
        at, pk = _read_cursor(cursor)
        rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=pk))
    found = list(rows.order_by("-created_at", "-pk")[: limit + 1])
    more = found[limit - 1] if len(found) > limit else None
    return found[:limit], _write_cursor(more) if more else None


def _write_cursor(row: Model) -> str:
    at: datetime = row.created_at  # type: ignore[attr-defined]
    utc = at.astimezone(UTC).replace(tzinfo=None)
    return base64.urlsafe_b64encode(json.dumps([utc.isoformat(), str(row.pk)]).encode()).decode()


def _read_cursor(cursor: str) -> tuple[datetime, UUID]:
    try:
        at, pk = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
        return datetime.fromisoformat(at).replace(tzinfo=UTC), UUID(pk)
    except (binascii.Error, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise bad_cursor() from error


def bad_cursor() -> ApiProblem:
    """422 for a cursor that no page of the list has given."""
    return invalid(FieldError("cursor", "not_a_cursor", _("Not a cursor of this list.")))


class InstanceOut(Schema):
    """The instance that the key belongs to."""

    id: UUID
    name: str
    slug: str
    time_zone: str
    scopes: list[KeyScope]


router = ApiRouter(tags=["instance"])


@router.get("/instance", response=InstanceOut, auth=ApiKeyAuth(), summary="The instance and the key's scopes")
def show_instance(request: InstanceRequest) -> dict[str, Any]:
    """Return the key's instance; ``scopes`` are those that its creator's current role still allows."""
    instance = request.instance
    return {
        "id": instance.pk,
        "name": instance.name,
        "slug": instance.slug,
        "time_zone": instance.time_zone,
        "scopes": sorted(request.membership.scopes or ()),
    }
