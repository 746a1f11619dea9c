"""An API key at the door: what it opens, and how many requests it has left this minute."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from math import ceil
from typing import Final

from django.conf import settings
from django.db import InternalError, OperationalError
from django.db.models import Case, F, Q, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from core.jobs.clock import db_now
from core.web.problems import problem_response
from instances.access import Access, access_for
from instances.models import ApiKey
from instances.roles import KEY_SCOPE_NEEDS, KeyScope
from instances.tokens import hash_key

WINDOW: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class KeyAccess:
    """A valid key, what it may do now, and the database's time at which it was read."""

    key: ApiKey
    access: Access
    now: datetime


def key_access(request: HttpRequest) -> KeyAccess | None:
    """Return the API key of the Authorization header; None if it is not valid."""
    kind, _sep, key = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not key:
        return None
    found = (
        ApiKey.objects.select_related("instance__tenant", "user")
        .filter(key_hash=hash_key(key.strip()), revoked_at=None)
        .annotate(now=db_now())
        .first()
    )
    access = access_for(found.user, found.instance) if found else None
    if found is None or access is None:
        return None
    granted = frozenset(scope for scope in KeyScope if scope in found.scopes and access.can(KEY_SCOPE_NEEDS[scope]))
    return KeyAccess(found, Access(access.instance, access.user, access.role, granted), found.now)


@dataclass(frozen=True, slots=True)
class Allowance:
    """Requests a key has left: ``remaining`` of ``limit`` for ``reset_s`` more seconds; ``is_spent`` refuses one."""

    limit: int
    remaining: int
    reset_s: int
    is_spent: bool = False

    def write_on(self, response: HttpResponseBase) -> None:
        """Set the headers of draft-ietf-httpapi-ratelimit-headers."""
        response["RateLimit-Limit"] = str(self.limit)
        response["RateLimit-Remaining"] = str(self.remaining)
        response["RateLimit-Reset"] = str(self.reset_s)


def count_request(key: ApiKey, now: datetime) -> Allowance | None:
    """Count one request of the key and note when it was used: one statement, exact for any number at once.

    None when the database is read-only at the moment: requests are served uncounted.
    """
    limit = settings.API_REQUESTS_PER_MINUTE
    is_over = Q(minute_at=None) | Q(minute_at__lte=now - WINDOW)
    try:
        is_counted = ApiKey.objects.filter(is_over | Q(minute_count__lt=limit), pk=key.pk).update(
            minute_count=Case(When(is_over, then=Value(1)), default=F("minute_count") + 1),
            minute_at=Case(When(is_over, then=Value(now)), default=F("minute_at")),
            last_used_at=now,
        )
    except (OperationalError, InternalError):  # full disk, locked or read-only database; PostgreSQL has both classes
        return None
    return _allowance(key, now, limit, is_spent=not is_counted)


def allowance_left(key: ApiKey, now: datetime) -> Allowance:
    """Return what the key has left, without counting a request."""
    counted = _allowance(key, now, settings.API_REQUESTS_PER_MINUTE, is_spent=False)
    return replace(counted, remaining=min(counted.limit, counted.remaining + 1))


def _allowance(key: ApiKey, now: datetime, limit: int, *, is_spent: bool) -> Allowance:
    """From the row as it was read before this request; requests at the same moment may make ``remaining`` too high."""
    began, count = key.minute_at, key.minute_count
    if began is None or began <= now - WINDOW:
        began, count = now, 0
    remaining = 0 if is_spent else max(0, limit - count - 1)
    return Allowance(limit, remaining, max(1, ceil((began + WINDOW - now).total_seconds())), is_spent)


def too_many_requests(allowance: Allowance) -> HttpResponse:
    """429 with the time to come back."""
    text = f"This key can send {allowance.limit} requests per minute. Retry-After says when to try again."
    return problem_response(HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests", text, retry_after_s=allowance.reset_s)
