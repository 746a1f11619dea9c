"""Sessions in the database, with keys that look like ours alone."""

from typing import Any

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    """Takes no cookie for a key that was never made: PostgreSQL fails on one with a NUL character in it."""

    def _validate_session_key(self, key: Any) -> bool:
        return isinstance(key, str) and key.isalnum() and bool(super()._validate_session_key(key))  # type: ignore[misc]
