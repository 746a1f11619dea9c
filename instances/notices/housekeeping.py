"""Old notices go."""

from datetime import timedelta
from typing import Final

from core.jobs.clock import db_in
from instances.models import Notice
from instances.scoping import unscoped

KEPT: Final = timedelta(days=90)


def forget_old_notices() -> None:
    """Delete notices older than 90 days, and with them who read them."""
    with unscoped(reason="housekeeping of notices"):
        Notice.objects.filter(at__lt=db_in(-KEPT)).delete()
