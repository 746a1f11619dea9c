"""From a click in TikTok to the account's card: over real HTTP, in both directions."""

import pytest
from django.test import Client
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from core.jobs.clock import db_now
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.accounts.disconnect import finish_disconnects, start_disconnect
from tiktok.models import TikTokAccount, TikTokCredential, WebhookDelivery
from tiktok.tests.factories import TikTokAppFactory
from tiktok.tests.fixtures_posts import Clock, Worker, link_simulated
from tiktok.tests.integration.webhooks.post import Post
from tiktok.tests.integration.webhooks.stage import Stage
from tiktok.tests.jobs_process import wait_until
from tiktok.tests.simulator_process import CLIENT_KEY, CLIENT_SECRET, Simulator
from tiktok.webhooks.apply import due_deliveries

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account(tiktok: Simulator, settings: Settings, live_server: LiveServer, instance: Instance) -> TikTokAccount:
    """Linked through an app whose webhooks reach us."""
    settings.TIKTOK_API_BASE_URL = tiktok.base_url
    tiktok.settings(webhook_pause_s=0.01)
    tiktok.create_app(webhook_url=f"{live_server.url}/webhooks/tiktok/")
    app = TikTokAppFactory.create(client_key=CLIENT_KEY, secret=CLIENT_SECRET)
    return link_simulated(tiktok, app, instance, "maren")


def applied(tiktok: Simulator) -> WebhookDelivery:
    """The delivery, once TikTok has its 200 and it was applied."""
    wait_until(lambda: [item["state"] for item in tiktok.webhooks()] == ["delivered"], what="delivered")
    for run in due_deliveries(10):
        run()
    return WebhookDelivery.objects.get()


@pytest.mark.parametrize(("reason", "word"), [(1, "user_disconnected"), (4, "account_banned")])
def test_who_takes_the_permission_back_in_tiktok_is_seen_here(
    tiktok: Simulator, account: TikTokAccount, reason: int, word: str
) -> None:
    tiktok.revoke("maren", reason=reason)

    assert applied(tiktok).outcome == word
    with instance_scope(account.instance):
        account.refresh_from_db()
    assert (account.status, account.status_reason) == ("reconnect_needed", word)


def test_disconnecting_here_is_not_undone_by_what_tiktok_echoes(
    tiktok: Simulator, account: TikTokAccount, admin: User
) -> None:
    with instance_scope(account.instance):
        start_disconnect(account, actor=admin)
    finish_disconnects()

    row = applied(tiktok)

    assert (row.state, row.outcome) == ("ignored", "not_linked")
    with instance_scope(account.instance):
        account.refresh_from_db()
    assert (account.status, account.status_reason) == ("disconnected", "")
    assert TikTokCredential.objects.get().withdrawn_at is None


def test_post_that_tiktok_hides_is_seen_here(tiktok: Simulator, account: TikTokAccount) -> None:
    """Published, public, hidden: each is sent by TikTok and applied while the post is polled."""
    worker = Worker(Clock(tiktok))
    stage = Stage(tiktok, account, worker, Post(Client()))
    tiktok.create_app(posting_events=True)
    publish_id = stage.send_to_tiktok()
    post = stage.post(publish_id)
    tiktok.finish(publish_id)
    tiktok.reveal(publish_id)
    tiktok.hide(publish_id)
    wait_until(lambda: [item["state"] for item in tiktok.webhooks()] == ["delivered"] * 3, what="delivered")
    stage.apply()
    WebhookDelivery.objects.filter(state="waiting").update(next_attempt_at=db_now())
    stage.apply()

    after = stage.reread(post)
    (shown,) = [seen.publications[0] for seen in tiktok.posts()]
    assert (after.state, after.post_ids) == ("published", [shown.post_id])
    assert after.hidden_at is not None
    assert set(stage.outcomes()) == {"checks_post"}
