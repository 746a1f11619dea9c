"""Deletion of old deliveries."""

from datetime import timedelta
from typing import Final

from core.jobs.clock import db_in
from tiktok.models import WebhookDelivery, WebhookRefusal

# Far longer than TikTok repeats a delivery, and than one is believed: a forgotten one cannot come again.
KEPT: Final = timedelta(days=30)


def forget_old_deliveries() -> None:
    """Delete deliveries and refusals of more than 30 days ago."""
    WebhookDelivery.objects.filter(received_at__lt=db_in(-KEPT)).delete()
    WebhookRefusal.objects.filter(at__lt=db_in(-KEPT)).delete()
