"""Requests to /webhooks/tiktok/ are stored once if signed and in time, refused otherwise, never a 500."""

import json
import time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.models import AuditLogEntry
from instances.scoping import unscoped
from tiktok.models import AccountStatus, TikTokAccount, TikTokApp, TikTokCredential, WebhookDelivery, WebhookRefusal
from tiktok.models.fields import seal
from tiktok.tests.factories import TikTokAppFactory
from tiktok.tests.integration.webhooks.post import URL, Post, delivery, signature
from tiktok.tests.races import at_once
from tiktok.webhooks.apply import due_deliveries

pytestmark = pytest.mark.django_db
HOUR_S = 3600


@pytest.fixture(autouse=True)
def truth(account: TikTokAccount) -> None:
    """There is an account that a believed delivery would change."""


def apply_all() -> None:
    for run in due_deliveries(100):
        run()


def nothing_happened() -> bool:
    """Nothing is stored, the account lives, and its credential is untouched."""
    apply_all()
    with unscoped(reason="test"):
        statuses = set(TikTokAccount.objects.values_list("status", flat=True))
    is_untouched = TikTokCredential.objects.filter(withdrawn_at=None, version=0).exists()
    return statuses == {AccountStatus.ACTIVE} and is_untouched and not AuditLogEntry.objects.exists()


def test_signed_delivery_is_stored_before_it_is_processed(app: TikTokApp, post: Post) -> None:
    body = delivery(app.client_key, create_time=1_790_000_000)

    answer = post(body)

    row = WebhookDelivery.objects.get()
    assert answer.status_code == 200
    assert (row.app, row.event, row.user_openid, row.state) == (app, "authorization.removed", "open-1", "waiting")
    assert row.event_at is not None
    assert (row.event_at.timestamp(), row.body.encode()) == (1_790_000_000, body)
    with unscoped(reason="test"):
        assert TikTokAccount.objects.get().is_active


def test_delivery_costs_four_statements_and_a_repeated_one_three(app: TikTokApp, post: Post) -> None:
    body = delivery(app.client_key)

    with CaptureQueriesContext(
        connection,
    ) as first:
        post(body)
    with CaptureQueriesContext(connection) as again:
        post(body)

    assert (len(first), len(again)) == (4, 3), [query["sql"] for query in first]


def forged(body: bytes) -> str:
    return signature(body, "a guess")


@pytest.mark.parametrize(
    "header",
    [
        "", "t=,s=", "garbage", "t=1", "s=" + "0" * 64, "t=x,s=" + "0" * 64, "t=-5,s=" + "0" * 64,
        "t=١٢٣,s=" + "0" * 64, "t=1790000000,s=" + "é" * 64, "t=9999999999999999,s=" + "0" * 64, "\x00", "=,=,=",
        "t=1790000000,s=0123", "t=1790000000;s=" + "0" * 64, "," * 5000,
    ],
)  # fmt: skip
def test_odd_signature_is_refused(app: TikTokApp, post: Post, header: str) -> None:
    assert post(delivery(app.client_key), header).status_code == 401
    assert nothing_happened()
    assert WebhookDelivery.objects.count() == 0


def test_forged_signature_is_refused(app: TikTokApp, post: Post) -> None:
    body = delivery(app.client_key)

    assert post(body, forged(body)).status_code == 401
    assert post(body, signature(body) + "0").status_code == 401
    assert post(body, signature(body + b" ")).status_code == 401
    assert nothing_happened()
    assert WebhookDelivery.objects.count() == 0


def test_header_sent_twice_is_refused_even_if_one_of_them_is_right(app: TikTokApp, post: Post) -> None:
    body = delivery(app.client_key)

    assert post(body, f"{signature(body)},{signature(body)}").status_code == 401
    assert post(body, f"{forged(body)},{signature(body)}").status_code == 401
    assert nothing_happened()


def test_secret_of_another_app_signs_nothing_for_ours(app: TikTokApp, post: Post) -> None:
    TikTokAppFactory.create(client_key="their-key", secret="their-secret")

    assert post(delivery(app.client_key), secret="their-secret").status_code == 401
    assert nothing_happened()
    assert WebhookDelivery.objects.count() == 0


def test_what_another_app_signs_for_itself_reaches_none_of_our_rows(post: Post) -> None:
    """The same open_id, rightly signed by an app whose user it is not."""
    TikTokAppFactory.create(client_key="their-key", secret="their-secret")

    assert post(delivery("their-key"), secret="their-secret").status_code == 200
    assert nothing_happened()
    assert WebhookDelivery.objects.get().outcome == "unknown_user"


def test_unknown_app_gets_the_answer_of_a_wrong_signature(app: TikTokApp, post: Post) -> None:
    unknown, wrong = post(delivery("nobody's-key")), post(delivery(app.client_key), secret="a guess")

    assert (unknown.status_code, unknown.content) == (wrong.status_code, wrong.content)
    assert nothing_happened()


@pytest.mark.parametrize(
    ("age_s", "status"),
    [(0, 200), (72 * HOUR_S, 200), (74 * HOUR_S, 401), (-300, 200), (-HOUR_S, 401), (1e9, 401)],
)
def test_signature_holds_for_the_three_days_in_which_tiktok_repeats(
    app: TikTokApp, post: Post, age_s: float, status: int
) -> None:
    assert post(delivery(app.client_key), at=time.time() - age_s).status_code == status


def test_signature_is_that_of_the_raw_bytes(app: TikTokApp, post: Post) -> None:
    body = delivery(app.client_key)
    spaced = json.dumps(json.loads(body), indent=2).encode()

    assert post(spaced, signature(body)).status_code == 401
    assert post(spaced).status_code == 200


def test_what_comes_a_hundred_times_is_one_row_and_changes_the_truth_once(app: TikTokApp, post: Post) -> None:
    body = delivery(app.client_key)

    answers = [post(body, signature(body, at=time.time() - n)).status_code for n in range(100)]
    apply_all()
    apply_all()

    assert set(answers) == {200}
    assert [(row.state, row.outcome) for row in WebhookDelivery.objects.all()] == [("applied", "user_disconnected")]
    assert AuditLogEntry.objects.filter(action="account.reconnect_needed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_comes_at_the_same_moment_on_two_connections_is_one_row(app: TikTokApp) -> None:
    bodies = [delivery(app.client_key, create_time=1_790_000_000 + n) for n in range(10)]

    def send() -> list[int]:
        post = Post(Client(raise_request_exception=False))
        return [post(body).status_code for body in bodies for _ in range(5)]

    assert at_once(send, send, expect=()) == [[200] * 50, [200] * 50]
    assert WebhookDelivery.objects.count() == 10


def test_ten_megabytes_are_refused_unread(app: TikTokApp, post: Post) -> None:
    body = delivery(app.client_key, padding="x" * 10_000_000)

    with CaptureQueriesContext(connection) as statements:
        assert post(body).status_code == 413

    assert (len(statements), nothing_happened()) == (0, True)


def test_more_bytes_than_were_announced_are_not_read(app: TikTokApp, post: Post) -> None:
    assert post(delivery(app.client_key, padding="x" * (256 * 1024))).status_code == 413
    assert post(delivery(app.client_key, padding="x" * (255 * 1024))).status_code == 200


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text(), max_size=2)
FIELDS = st.sampled_from(["event", "create_time", "user_openid", "content"])
KEY = '"client_key": "our-key"'


@pytest.mark.parametrize(
    "body",
    [
        b"", b"not json", b"null", b"[]", b"1", b'"text"', b"{}", b"[" * 100_000, b'{"a":' * 50_000,
        b'{"client_key": 5}', b'{"client_key": null}', b'{"client_key": ["our-key"]}', b'{"client_key": "a\\u0000b"}',
        f'{{{KEY}, "event": "\x00"}}'.encode(), f'{{{KEY}, "event": "é"}}'.encode("latin-1"), b"\xff\xfe{\x00}\x00",
        f"\ufeff{{{KEY}}}".encode(), f'{{{KEY}, "n": {"9" * 5000}}}'.encode(),
        f'{{{KEY}, "deep": {"[" * 100_000}'.encode(), b"client_key=our-key",
    ],
)  # fmt: skip
def test_what_is_no_delivery_is_refused_even_when_it_is_signed(post: Post, body: bytes) -> None:
    assert post(body).status_code == 400
    assert nothing_happened()
    assert WebhookDelivery.objects.count() == 0


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"event": "user.levitated"}, "unknown_event"),
        ({"event": 5}, "unknown_event"),
        ({"event": None}, "unknown_event"),
        ({"event": "e" * 5000}, "unknown_event"),
        ({"event": "authorization.removed\u0000"}, "unknown_event"),
        ({"event": "\ud800"}, "unknown_event"),
        ({"event": "post.publish.complete", "content": {"publish_id": "v_pub_1"}}, "unknown_publish_id"),
        ({"event": "post.publish.complete", "content": {"publish_id": 5}}, "no_publish_id"),
        ({"event": "post.publish.complete", "content": {"publish_id": "v" * 129}}, "no_publish_id"),
        ({"event": "post.publish.complete", "content": {}}, "no_publish_id"),
        ({"event": "post.publish.failed", "content": {"publish_id": "v"}, "user_openid": "open-2"}, "unknown_user"),
        ({"user_openid": "open-2"}, "unknown_user"),
        ({"user_openid": 1}, "unknown_user"),
        ({"user_openid": ["open-1"]}, "unknown_user"),
        ({"user_openid": "open-1\u0000"}, "unknown_user"),
        ({"user_openid": "o" * 5000}, "unknown_user"),
        ({"create_time": 5}, "superseded"),
    ],
)
def test_signed_delivery_that_is_of_no_use_is_stored_and_ignored(
    app: TikTokApp, post: Post, fields: dict[str, Any], outcome: str
) -> None:
    answer = post(delivery(app.client_key, **fields))

    assert (answer.status_code, nothing_happened()) == (200, True)
    row = WebhookDelivery.objects.get()
    assert (row.state, row.outcome, row.next_attempt_at) == ("ignored", outcome, None)


@pytest.mark.parametrize("content", [5, None, "no json", "[1]", {"reason": "1"}, {"reason": 99}, {"reason": True}, {}])
def test_removal_without_a_reason_that_we_know_is_believed_all_the_same(
    app: TikTokApp, post: Post, content: Any
) -> None:
    sent = json.dumps(content) if isinstance(content, dict) else content
    body = json.loads(delivery(app.client_key)) | {"content": sent}

    assert post(json.dumps(body).encode()).status_code == 200
    apply_all()

    with unscoped(reason="test"):
        account = TikTokAccount.objects.get()
    assert (account.status, account.status_reason) == ("reconnect_needed", "withdrawn")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(FIELDS, VALUES), st.dictionaries(st.text(), VALUES, max_size=2))
def test_any_signed_delivery_is_stored_without_side_effects(
    app: TikTokApp, post: Post, fields: dict[str, Any], more: dict[str, Any]
) -> None:
    body = json.dumps(more | fields | {"client_key": app.client_key}, ensure_ascii=False).encode("utf-8", "replace")

    assert post(body).status_code == 200
    assert nothing_happened()


def test_both_secrets_sign_while_one_is_being_changed(app: TikTokApp, post: Post) -> None:
    app.old_client_secret, app.client_secret = (
        seal(TikTokApp, app.pk, "old_client_secret", "app-secret"),
        seal(TikTokApp, app.pk, "client_secret", "new-secret"),
    )
    app.save()

    answers = [
        post(delivery(app.client_key, n=n), secret=name).status_code
        for n, name in enumerate(["app-secret", "new-secret", "third"])
    ]

    assert answers == [200, 200, 401]
    rows = WebhookDelivery.objects.order_by("received_at", "is_signed_with_old_secret")
    assert sorted(row.is_signed_with_old_secret for row in rows) == [False, True]


def test_while_the_secret_cannot_be_read_tiktok_is_asked_to_come_again(
    app: TikTokApp, post: Post, settings: Settings
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = {"other": b"0" * 32}

    assert post(delivery(app.client_key)).status_code == 503
    assert WebhookDelivery.objects.count() == 0
    assert [row.reason for row in WebhookRefusal.objects.all()] == ["secret_unreadable"]


def test_old_secret_is_enough_where_the_new_one_cannot_be_read(app: TikTokApp, post: Post) -> None:
    app.old_client_secret = seal(TikTokApp, app.pk, "old_client_secret", "app-secret")
    app.client_secret = seal(TikTokApp, app.pk, "old_client_secret", "for another column")
    app.save()

    assert post(delivery(app.client_key)).status_code == 200


def test_app_without_a_secret_believes_nothing(app: TikTokApp, post: Post) -> None:
    TikTokApp.objects.update(client_secret=None)

    assert post(delivery(app.client_key), secret="").status_code == 401


def test_flood_of_refusals_is_one_row_for_each_app_and_reason(app: TikTokApp, post: Post) -> None:
    for n in range(20):
        post(delivery(app.client_key, n=n), secret="a guess")
        post(delivery(f"nobody-{n}"))
    with CaptureQueriesContext(connection) as statements:
        post(delivery(app.client_key), secret="a guess")

    rows = {(row.app, row.reason) for row in WebhookRefusal.objects.select_related("app")}
    assert rows == {(app, "bad_signature"), (None, "unknown_app")}
    assert [query["sql"].split()[0] for query in statements] == ["SELECT", "SELECT"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
def test_nothing_but_post_is_taken(client: Client, method: str) -> None:
    assert client.generic(method, URL).status_code == 405
