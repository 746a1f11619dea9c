"""Posts of an account that moves to another TikTok app: what waits goes out through the new one, once."""

import threading

import pytest

from accounts.models import User
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.accounts.app_change.services import move_account
from tiktok.delivery import start
from tiktok.delivery.claims import claim
from tiktok.delivery.step import Step
from tiktok.models import Media, StaleState, TikTokAccount, TikTokApp, TikTokCredential
from tiktok.tests.factories import CredentialFactory, TikTokAppFactory, make_account, make_media
from tiktok.tests.fixtures_posts import Submit, Worker, reread
from tiktok.tests.simulator_process import CLIENT_KEY, Simulator

pytestmark = pytest.mark.django_db
NEW_KEY = "production"


@pytest.fixture
def small(instance: Instance) -> Media:
    """One chunk."""
    with instance_scope(instance):
        return make_media(instance)


@pytest.fixture
def second(linked: TikTokAccount, tiktok: Simulator) -> TikTokAccount:
    """The TikTok user maren through another app of the same developer."""
    TikTokApp.objects.update(environment="sandbox")
    TikTokCredential.objects.update(union_id="u")
    tiktok.create_app(NEW_KEY, client_secret="secret")
    tokens = tiktok.grant("maren", client_key=NEW_KEY)
    credential = CredentialFactory.create(
        app=TikTokAppFactory.create(client_key=NEW_KEY, secret="secret"), union_id="u",
        open_id=tokens.open_id, access_token=tokens.access_token, refresh_token=tokens.refresh_token,
    )  # fmt: skip
    with instance_scope(linked.instance):
        return make_account(linked.instance, credential=credential, username="maren")


def move(old: TikTokAccount, new: TikTokAccount, actor: User) -> None:
    with instance_scope(old.instance):
        move_account(old.instance, old_id=old.pk, new_id=new.pk, actor=actor)


def test_waiting_posts_go_out_through_the_new_app_once(
    submit: Submit, small: Media, worker: Worker, tiktok: Simulator, linked: TikTokAccount, second: TikTokAccount,
    admin: User,
) -> None:  # fmt: skip
    posts = [submit(media=small, caption=f"Post {number}") for number in range(4)]

    move(linked, second, admin)
    worker.run_for(600)

    assert {reread(post, linked.instance).state for post in posts} == {"published"}
    sent = [(post.client_key, post.post_info["title"]) for post in tiktok.posts()]
    assert sorted(sent) == [(NEW_KEY, f"Post {number}") for number in range(4)]


def test_post_under_way_ends_through_the_app_that_it_began_with(
    submit: Submit, small: Media, worker: Worker, tiktok: Simulator, linked: TikTokAccount, second: TikTokAccount,
    admin: User,
) -> None:  # fmt: skip
    tiktok.settings(hold_processing=True)
    post = submit(media=small)
    worker.run_for(30)
    assert reread(post, linked.instance).state == "processing"

    move(linked, second, admin)
    (sent,) = tiktok.posts()
    tiktok.finish(sent.publish_id)
    worker.run_for(600)

    assert reread(post, linked.instance).state == "published"
    assert [each.client_key for each in tiktok.posts()] == [CLIENT_KEY]
    assert list(TikTokApp.objects.filter(is_audited=True).values_list("client_key", flat=True)) == [CLIENT_KEY]


def test_missing_scope_of_the_old_app_is_not_held_against_the_new_one(
    submit: Submit, small: Media, worker: Worker, tiktok: Simulator, linked: TikTokAccount, second: TikTokAccount,
    admin: User,
) -> None:  # fmt: skip
    tiktok.settings(hold_processing=True)
    post = submit(media=small)
    worker.run_for(30)
    move(linked, second, admin)

    tiktok.fault("error", "status", code="scope_not_authorized", status=401)
    worker.run_for(60)

    assert reread(post, linked.instance).state == "processing"
    assert "video.publish" in TikTokCredential.objects.get(app__client_key=NEW_KEY).scopes
    assert "video.publish" not in TikTokCredential.objects.get(app__client_key=CLIENT_KEY).scopes


def test_worker_that_knows_the_old_link_can_start_nothing_more(
    submit: Submit, small: Media, worker: Worker, tiktok: Simulator, linked: TikTokAccount, second: TikTokAccount,
    admin: User,
) -> None:  # fmt: skip
    post = submit(media=small)
    claimed = claim()
    assert claimed is not None
    with instance_scope(linked.instance):
        step = Step(claimed, threading.Event())
        move(linked, second, admin)
        with pytest.raises(StaleState):
            start.due(step)
        step.end()
    assert tiktok.posts() == []

    worker.run_for(120)

    assert reread(post, linked.instance).state == "published"
    assert [each.client_key for each in tiktok.posts()] == [NEW_KEY]
