"""The storage of webhooks, its duration, and its readers."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditLogEntry, User
from instances.scoping import instance_scope
from instances.tests.factories import UserFactory
from instances.tests.sign_in import sign_in_as_staff
from tiktok.models import TikTokAccount, TikTokApp, TikTokCredential, WebhookDelivery, WebhookRefusal, WorkItem
from tiktok.tests.factories import make_post, make_submission
from tiktok.tests.integration.webhooks.post import Post, delivery
from tiktok.webhooks.apply import due_deliveries
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


def changelist(model: str) -> str:
    return reverse(f"admin:tiktok_{model}_changelist")


def apply_due() -> None:
    for run in due_deliveries(10):
        run()


def test_back_office_shows_deliveries_read_only(app: TikTokApp, post: Post, client: Client) -> None:
    post(delivery(app.client_key, event="user.levitated"))
    post(delivery("nobody"))
    sign_in_as_staff(client, UserFactory.create())
    row = WebhookDelivery.objects.get()
    url = reverse("admin:tiktok_webhookdelivery_change", args=[row.pk])

    listed = client.get(changelist("webhookdelivery")).content.decode()
    shown = client.get(url).content.decode()
    refused = client.get(changelist("webhookrefusal")).content.decode()

    assert ("user.levitated" in listed, "user.levitated" in shown, "unknown_app" in refused) == (True, True, True)
    assert client.post(url, {}).status_code == 403
    assert client.post(reverse("admin:tiktok_webhookdelivery_delete", args=[row.pk]), {}).status_code == 403


def test_back_office_shows_post_account_and_result_but_no_body(
    app: TikTokApp, post: Post, client: Client, account: TikTokAccount
) -> None:
    with instance_scope(account.instance):
        ours = make_post(account, state="published")
        make_submission(ours, publish_id="v_pub~1")
    for content in ({"publish_id": "v_pub~1", "note": "canary"}, {"publish_id": "v_pub~2"}):
        post(delivery(app.client_key, "post.publish.complete", content=content))
    apply_due()
    sign_in_as_staff(client, UserFactory.create())
    row = WebhookDelivery.objects.get(publish_id="v_pub~1")

    listed = client.get(changelist("webhookdelivery")).content.decode()
    shown = client.get(reverse("admin:tiktok_webhookdelivery_change", args=[row.pk])).content.decode()

    for page in (listed, shown):
        assert ("Bakery" in page, f"/admin/tiktok/post/{ours.pk}/change/" in page) == (True, True)
        assert "The post’s status was checked." in page
        assert ("canary" in page, "app-secret" in page) == (False, False)
    assert "Ignored: Clipdesk did not start this upload." in listed


def test_list_of_deliveries_takes_the_same_statements_for_more_of_them(
    app: TikTokApp, post: Post, client: Client, account: TikTokAccount
) -> None:
    sign_in_as_staff(client, UserFactory.create())
    counts = []
    for number in range(3):
        with instance_scope(account.instance):
            make_submission(make_post(account, state="published"), publish_id=f"v_pub~{number}")
        post(delivery(app.client_key, "post.publish.complete", content={"publish_id": f"v_pub~{number}"}))
        apply_due()
        with CaptureQueriesContext(connection) as statements:
            client.get(changelist("webhookdelivery"))
        counts.append(len(statements))

    assert counts[1] == counts[2]


def test_delivery_that_was_given_up_says_why(app: TikTokApp, post: Post, client: Client) -> None:
    post(delivery(app.client_key))
    WebhookDelivery.objects.update(state="given_up", outcome="busy", next_attempt_at=None)
    sign_in_as_staff(client, UserFactory.create())

    assert "A worker was checking the post." in client.get(changelist("webhookdelivery")).content.decode()


def replay(client: Client) -> int:
    """Choose all deliveries and the action; the status of the answer."""
    chosen = [str(row.pk) for row in WebhookDelivery.objects.all()]
    answer = client.post(changelist("webhookdelivery"), {"action": "replay", "_selected_action": chosen})
    return answer.status_code


def test_staff_apply_a_delivery_again_as_often_as_they_like(
    app: TikTokApp, post: Post, client: Client, account: TikTokAccount
) -> None:
    """Its effects do not add up; each time the audit log of the post's instance has a line."""
    with instance_scope(account.instance):
        ours = make_post(account, state="published")
        make_submission(ours, publish_id="v_pub~1")
    post(delivery(app.client_key, "post.publish.complete", content={"publish_id": "v_pub~1"}))
    apply_due()
    WebhookDelivery.objects.update(state="given_up", attempts=20)
    staff = UserFactory.create()
    sign_in_as_staff(client, staff)
    for _ in range(3):
        WorkItem.objects.update(next_action_at=None)
        assert replay(client) == 302
        assert [row.state for row in WebhookDelivery.objects.all()] == ["waiting"]
        apply_due()
        assert [(row.state, row.outcome) for row in WebhookDelivery.objects.all()] == [("applied", "checks_post")]
        assert WorkItem.objects.get().next_action_at is not None

    lines = AuditLogEntry.objects.filter(action="webhook.replayed")
    assert [(line.actor, line.instance_id) for line in lines] == [(staff, account.instance_id)] * 3
    assert {line.detail["event"] for line in lines} == {"post.publish.complete"}
    assert "canary" not in str([line.detail for line in lines])


def test_replayed_removal_does_not_end_a_newer_authorization(
    app: TikTokApp, post: Post, client: Client, account: TikTokAccount
) -> None:
    post(delivery(app.client_key))
    apply_due()
    later = timezone.now() + timedelta(hours=1)
    TikTokCredential.objects.update(withdrawn_at=None, access_issued_at=later)
    with instance_scope(account.instance):
        TikTokAccount.objects.update(status="active", status_reason="")
    sign_in_as_staff(client, UserFactory.create())
    assert replay(client) == 302
    apply_due()

    assert WebhookDelivery.objects.get().outcome == "superseded"
    with instance_scope(account.instance):
        assert TikTokAccount.objects.get().status == "active"


def test_staff_without_the_permission_cannot_apply_deliveries_again(
    app: TikTokApp, post: Post, client: Client, account: TikTokAccount
) -> None:
    post(delivery(app.client_key))
    apply_due()
    viewer = UserFactory.create()
    sign_in_as_staff(client, viewer)
    User.objects.filter(pk=viewer.pk).update(is_superuser=False)
    viewer.user_permissions.add(Permission.objects.get(codename="view_webhookdelivery"))

    assert (client.get(changelist("webhookdelivery")).status_code, replay(client)) == (200, 200)
    assert WebhookDelivery.objects.get().state == "applied"
    assert not AuditLogEntry.objects.filter(action="webhook.replayed").exists()
