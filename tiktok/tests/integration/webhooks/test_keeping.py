"""What is kept of webhooks, for how long, and what it tells those who set them up."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from instances.tests.factories import UserFactory
from tiktok.fields import seal
from tiktok.models import TikTokApp, WebhookDelivery, WebhookRefusal
from tiktok.tests.factories import TikTokAppFactory
from tiktok.tests.integration.webhooks.post import Post, delivery
from tiktok.webhooks.housekeeping import forget_old_deliveries
from tiktok.webhooks.queries import WebhookHealth, webhook_health

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


def test_an_app_that_nobody_told_of_has_no_webhook_yet(app: TikTokApp) -> None:
    health = webhook_health(app)

    assert health == WebhookHealth(app)
    assert not health.fails


def test_the_last_word_of_each_kind_is_told_for_every_app_alone(app: TikTokApp, post: Post) -> None:
    app.old_client_secret = seal(TikTokApp, app.pk, "old_client_secret", "before")
    app.save()
    post(delivery(app.client_key), secret="before")
    post(delivery(app.client_key), secret="a guess")

    health = webhook_health(app)

    assert (health.is_signed_with_old_secret, health.refusal_reason, health.waiting) == (True, "bad_signature", 1)
    assert health.verified_at is not None
    assert health.refused_at is not None
    assert (health.refused_at > health.verified_at, health.fails) == (True, True)
    assert webhook_health(TikTokAppFactory.create()).verified_at is None
    assert webhook_health(None).refused_at is None


def test_a_delivery_that_is_believed_again_ends_the_trouble(app: TikTokApp, post: Post) -> None:
    post(delivery(app.client_key), secret="a guess")
    WebhookRefusal.objects.update(at=timezone.now() - timedelta(minutes=2))
    post(delivery(app.client_key))

    assert not webhook_health(app).fails


def test_the_back_office_shows_deliveries_and_lets_nobody_change_them(
    app: TikTokApp, post: Post, client: Client
) -> None:
    post(delivery(app.client_key, event="user.levitated"))
    post(delivery("nobody"))
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    row = WebhookDelivery.objects.get()

    listed = client.get(reverse("admin:tiktok_webhookdelivery_changelist")).content.decode()
    shown = client.get(reverse("admin:tiktok_webhookdelivery_change", args=[row.pk])).content.decode()
    refused = client.get(reverse("admin:tiktok_webhookrefusal_changelist")).content.decode()

    assert ("user.levitated" in listed, "user.levitated" in shown, "unknown_app" in refused) == (True, True, True)
    assert "app-secret" not in listed + shown
    assert client.post(reverse("admin:tiktok_webhookdelivery_change", args=[row.pk]), {}).status_code == 403
    assert client.post(reverse("admin:tiktok_webhookdelivery_delete", args=[row.pk]), {}).status_code == 403
