"""Housekeeping of notifications."""

from datetime import timedelta
from typing import Final

from core.jobs.clock import db_in
from instances.models import Notice
from instances.scoping import unscoped

KEPT: Final = timedelta(days=90)


def forget_old_notices() -> None:
    """Delete notifications older than 90 days."""
    with unscoped(reason="housekeeping of notices"):
        Notice.objects.filter(at__lt=db_in(-KEPT)).delete()
