"""Django's PostgreSQL backend, extended to tell the database which instance is open (``app.instance``).

Row-level security can then be switched on without touching other code. The setting is made at session level before the
next statement whenever it differs from the scope's. ROLLBACK undoes a setting made inside the transaction, so the last
setting is forgotten on every rollback and close, and made again.
"""

from collections.abc import Callable
from typing import Any

from django.db.backends.postgresql.base import DatabaseWrapper as PostgreSQLWrapper
from django_scopes import get_scope

ALL_INSTANCES = "*"


def wanted_instance() -> str:
    """Return the value for ``app.instance``: an id, ``*`` when unscoped, empty outside a scope."""
    state = get_scope()
    if state.get("_enabled") is False:
        return ALL_INSTANCES
    instance = state.get("instance")
    return str(instance.pk) if instance is not None else ""


class DatabaseWrapper(PostgreSQLWrapper):
    """Sets ``app.instance`` before the next statement whenever the scope has changed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._announced: str | None = None
        self.execute_wrappers.append(self._announce_first)

    def _announce_first(self, execute: Callable[..., Any], *args: Any) -> Any:
        wanted = wanted_instance()
        if wanted != self._announced:
            self.connection.execute("SELECT set_config('app.instance', %s, false)", [wanted])
            self._announced = wanted
        return execute(*args)

    def _rollback(self) -> None:
        self._announced = None
        super()._rollback()  # type: ignore[misc]

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]
        self._announced = None

    def close(self) -> None:
        """Forget the last setting: a pooled connection comes back with the setting of another session."""
        self._announced = None
        super().close()

    def connect(self) -> None:
        """Connect; a new connection has no instance yet."""
        self._announced = None
        super().connect()
