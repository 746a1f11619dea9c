"""Sessions in the database: their keys look like ours alone, and they end when idle and at a fixed age."""

import time
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.sessions.backends import db
from django.utils import timezone

SIGNED_IN_AT: Final = "signed_in_at"
USED_ON: Final = "used_on"


def today() -> str:
    """Return the day as sessions note it."""
    return timezone.now().date().isoformat()


class SessionStore(db.SessionStore):
    """Takes no cookie for a key that was never made: PostgreSQL fails on one with a NUL character in it.

    Each save moves the end to SESSION_COOKIE_AGE from now, but never past SESSION_LONGEST_S after the sign-in.
    """

    def get_expiry_age(self, **kwargs: Any) -> int:
        """Return the seconds until an unused session ends."""
        age = min(super().get_expiry_age(**kwargs), settings.SESSION_COOKIE_AGE)
        signed_in_at = self.get(SIGNED_IN_AT)
        if signed_in_at is None:
            return age
        return max(0, min(age, int(signed_in_at + settings.SESSION_LONGEST_S - time.time())))

    def get_expiry_date(self, **kwargs: Any) -> datetime:
        """Return the same as a moment, for the row."""
        return timezone.now() + timedelta(seconds=self.get_expiry_age(**kwargs))

    def _validate_session_key(self, key: Any) -> bool:
        return isinstance(key, str) and key.isalnum() and bool(super()._validate_session_key(key))  # type: ignore[misc]
