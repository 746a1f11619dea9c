"""Django's cache in a table of its own: rate limits, lockouts and the marks of used one-time codes.

Only time removes a live row, so filling the table cannot push out a lockout, and values are JSON, so
write access to a row runs no code. django.core.cache's own DatabaseCache does both.
"""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import LimitEntry

TABLE: Final = LimitEntry._meta.db_table
# Of two writers at once one gets the row: an expired row is taken over, a live one stays as it is.
ADD: Final = f"""
    INSERT INTO {TABLE} (key, value, expires_at) VALUES (%s, %s, %s)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at
    WHERE {TABLE}.expires_at <= %s
"""  # noqa: S608 - the table's name is ours
INCREMENT: Final = f"""
    UPDATE {TABLE} SET value = CAST(CAST(value AS BIGINT) + %s AS TEXT) WHERE key = %s AND expires_at > %s
    RETURNING value
"""  # noqa: S608 - the table's name is ours
FOREVER: Final = datetime(9999, 1, 1, tzinfo=UTC)


class LimitCache(BaseCache):
    """Each call is one statement, so two processes that write at once never undo each other."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def add(
        self, key: str, value: Any, timeout: float | int | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """Store the value unless a live one is there; whether it was stored."""
        with connection.cursor() as cursor:
            cursor.execute(ADD, [self._name(key, version), json.dumps(value), self._end(timeout), _stamp()])
            return bool(cursor.rowcount)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Return the live value, or the default."""
        stored = _live(self._name(key, version)).values_list("value", flat=True).first()
        return default if stored is None else json.loads(stored)

    def set(
        self, key: str, value: Any, timeout: float | int | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        """Store the value, replacing what is there."""
        entry = LimitEntry(key=self._name(key, version), value=json.dumps(value), expires_at=self._expiry(timeout))
        LimitEntry.objects.bulk_create(
            [entry], update_conflicts=True, unique_fields=["key"], update_fields=["value", "expires_at"]
        )

    def touch(self, key: str, timeout: float | int | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Give a live value another lifetime; whether there was one."""
        return bool(_live(self._name(key, version)).update(expires_at=self._expiry(timeout)))

    def delete(self, key: str, version: int | None = None) -> bool:
        """Remove the value; whether there was one."""
        return bool(LimitEntry.objects.filter(pk=self._name(key, version)).delete()[0])

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Add to a live number and return the result. Raises ValueError if there is none."""
        with connection.cursor() as cursor:
            cursor.execute(INCREMENT, [delta, self._name(key, version), _stamp()])
            row = cursor.fetchone()
        if row is None:
            raise ValueError(f"there is no number under {key}")
        return int(row[0])

    def clear(self) -> None:
        """Forget all limits."""
        LimitEntry.objects.all().delete()

    def _name(self, key: str, version: int | None) -> str:
        """Return the row's key; one that no column holds is stored by its hash."""
        name = str(self.make_key(key, version))
        return name if len(name) <= LimitEntry.LONGEST_KEY else sha256(name.encode()).hexdigest()

    def _expiry(self, timeout: float | int | None) -> datetime:
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return FOREVER if seconds is None else timezone.now() + timedelta(seconds=seconds)

    def _end(self, timeout: float | int | None) -> Any:
        return _for_database(self._expiry(timeout))


def forget_expired_limits() -> None:
    """Delete what no longer limits anything."""
    LimitEntry.objects.filter(expires_at__lte=timezone.now()).delete()


def _live(key: str) -> QuerySet[LimitEntry]:
    return LimitEntry.objects.filter(pk=key, expires_at__gt=timezone.now())


def _stamp() -> Any:
    return _for_database(timezone.now())


def _for_database(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)
