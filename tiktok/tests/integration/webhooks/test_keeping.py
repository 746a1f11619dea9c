"""The storage of webhooks, its duration, and its readers."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from instances.tests.factories import UserFactory
from instances.tests.sign_in import sign_in_as_staff
from tiktok.models import TikTokApp, WebhookDelivery, WebhookRefusal
from tiktok.tests.integration.webhooks.post import Post, delivery
from tiktok.webhooks.housekeeping import forget_old_deliveries

pytestmark = pytest.mark.django_db


def test_after_thirty_days_deliveries_and_refusals_are_forgotten(app: TikTokApp, post: Post) -> None:
    for n in range(2):
        post(delivery(app.client_key, n=n))
    post(delivery(app.client_key), secret="a guess")
    post(delivery("nobody"))
    older, younger = (timezone.now() - timedelta(days=days) for days in (31, 29))
    WebhookRefusal.objects.filter(app=app).update(at=older)
    [first, _second] = WebhookDelivery.objects.order_by("received_at")
    WebhookDelivery.objects.update(received_at=younger)
    WebhookDelivery.objects.filter(pk=first.pk).update(received_at=older)

    forget_old_deliveries()

    assert [row.received_at for row in WebhookDelivery.objects.all()] == [younger]
    assert [row.reason for row in WebhookRefusal.objects.all()] == ["unknown_app"]


def test_back_office_shows_deliveries_read_only(app: TikTokApp, post: Post, client: Client) -> None:
    post(delivery(app.client_key, event="user.levitated"))
    post(delivery("nobody"))
    sign_in_as_staff(client, UserFactory.create())
    row = WebhookDelivery.objects.get()

    listed = client.get(reverse("admin:tiktok_webhookdelivery_changelist")).content.decode()
    shown = client.get(reverse("admin:tiktok_webhookdelivery_change", args=[row.pk])).content.decode()
    refused = client.get(reverse("admin:tiktok_webhookrefusal_changelist")).content.decode()

    assert ("user.levitated" in listed, "user.levitated" in shown, "unknown_app" in refused) == (True, True, True)
    assert "app-secret" not in listed + shown
    assert client.post(reverse("admin:tiktok_webhookdelivery_change", args=[row.pk]), {}).status_code == 403
    assert client.post(reverse("admin:tiktok_webhookdelivery_delete", args=[row.pk]), {}).status_code == 403
