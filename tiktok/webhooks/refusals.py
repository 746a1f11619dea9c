"""Refused requests, for the operator who sets webhooks up: the last time for each reason, never a row per request."""

import logging
from datetime import timedelta
from typing import Final

from core.jobs.clock import db_in, db_now
from tiktok.models import RefusalReason, TikTokApp, WebhookRefusal

log = logging.getLogger(__name__)
AT_MOST_EVERY: Final = timedelta(minutes=1)


def note_refusal(app: TikTokApp | None, reason: RefusalReason) -> None:
    """Record and log a refusal, at most once a minute for each app and reason; otherwise one SELECT."""
    same = WebhookRefusal.objects.filter(app=app, reason=reason)
    if same.filter(at__gt=db_in(-AT_MOST_EVERY)).exists():
        return
    log.warning("a webhook for %s was refused: %s", app.client_key if app else "no app of ours", reason)
    if not same.update(at=db_now()):
        WebhookRefusal.objects.bulk_create([WebhookRefusal(app=app, reason=reason, at=db_now())], ignore_conflicts=True)
