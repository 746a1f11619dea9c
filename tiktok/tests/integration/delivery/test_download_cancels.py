"""A person cancels a post while TikTok downloads its media: it is cancelled only if TikTok says so."""

import pytest

from accounts.models import User
from core.web.refusals import UserRefusal
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.delivery.advance import advance
from tiktok.delivery.claims import claim
from tiktok.models import CapabilityURL, InvalidTransition, Media, Post, PostEvent, PostState, TikTokApp, WorkItem
from tiktok.posts.download_cancels import can_cancel_download, cancel_download, has_pending_cancel
from tiktok.posts.services import cancel_post
from tiktok.tests.fixtures_downloads import Send, wait_for_pull
from tiktok.tests.fixtures_posts import Worker, history, reread
from tiktok.tests.integration.delivery.outcomes import attention
from tiktok.tests.simulator_process import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
LATE_S = 1800


@pytest.fixture
def downloading(
    pulling: TikTokApp, send: Send, worker: Worker, tiktok: Simulator, instance: Instance, video: Media
) -> Post:
    """A post whose download TikTok has accepted and not begun."""
    tiktok.fault("late_pull", "video_init", delay_s=LATE_S)
    post = send([video])
    worker.run_for(60)
    assert reread(post, instance).state == PostState.PROCESSING
    return post


def ask(post: Post, instance: Instance, person: User) -> None:
    with instance_scope(instance):
        cancel_download(reread(post, instance), actor=person)


def answers(post: Post, instance: Instance) -> list[str]:
    with instance_scope(instance):
        lines = PostEvent.objects.filter(post=post, detail__has_key="cancel_answer").order_by("id")
        return [line.detail["cancel_answer"] for line in lines]


def test_download_that_tiktok_stops_is_cancelled(
    downloading: Post, worker: Worker, tiktok: Simulator, instance: Instance, editor: User
) -> None:
    ask(downloading, instance, editor)
    assert reread(downloading, instance).state == PostState.PROCESSING
    worker.run_due()
    post = reread(downloading, instance)
    assert (post.state, post.fail_reason, answers(post, instance)) == ("cancelled", "publish_cancelled", ["ok"])
    assert history(post, instance)[-2:] == ["processing", "cancelled"]
    assert not CapabilityURL.objects.filter(revoked_at=None).exists()
    tiktok.advance(2 * LATE_S)
    assert tiktok.posts()[0].publications == []


def test_cancel_without_effect_leaves_tiktoks_status_to_decide(
    downloading: Post, worker: Worker, tiktok: Simulator, instance: Instance, editor: User
) -> None:
    tiktok.fault("ignored_cancel", "cancel")
    ask(downloading, instance, editor)
    worker.run_for(60)
    post = reread(downloading, instance)
    assert (post.state, answers(post, instance)) == ("processing", ["ok"])
    tiktok.advance(LATE_S)
    wait_for_pull(tiktok, tiktok.posts()[0].publish_id)
    worker.run_for(900)
    assert reread(post, instance).state == PostState.PUBLISHED


def test_cancel_of_a_complete_download_changes_nothing(
    pulling: TikTokApp, send: Send, worker: Worker, tiktok: Simulator, instance: Instance, video: Media, editor: User
) -> None:
    post = send([video])
    worker.run_due()
    publish_id = tiktok.posts()[0].publish_id
    tiktok.hold(publish_id)
    wait_for_pull(tiktok, publish_id)
    ask(post, instance, editor)
    worker.run_for(30)
    assert (reread(post, instance).state, answers(post, instance)) == ("processing", ["publish_not_cancellable"])
    tiktok.finish(publish_id)
    worker.run_for(600)
    assert reread(post, instance).state == PostState.PUBLISHED


def test_cancel_without_an_answer_is_sent_again(
    downloading: Post, worker: Worker, tiktok: Simulator, instance: Instance, editor: User
) -> None:
    tiktok.fault("server_error", "cancel")
    ask(downloading, instance, editor)
    worker.run_due()
    with instance_scope(instance):
        assert has_pending_cancel(downloading)
    worker.run_for(120)
    assert (reread(downloading, instance).state, len(tiktok.requests("cancel"))) == ("cancelled", 2)


def test_download_that_never_ends_is_unknown_although_it_was_cancelled(
    downloading: Post, worker: Worker, tiktok: Simulator, instance: Instance, editor: User
) -> None:
    tiktok.fault("ignored_cancel", "cancel")
    tiktok.fault("lagging_status", "status", times=-1)
    ask(downloading, instance, editor)
    worker.run_for(25 * 3600)
    assert attention(downloading, instance) == ("needs_attention", "outcome_unknown")


def test_second_request_is_one_call(
    downloading: Post, worker: Worker, tiktok: Simulator, instance: Instance, editor: User
) -> None:
    tiktok.fault("ignored_cancel", "cancel")
    ask(downloading, instance, editor)
    ask(downloading, instance, editor)
    worker.run_due()
    assert len(tiktok.requests("cancel")) == 1


def test_worker_in_the_middle_of_a_check_does_not_lose_the_request(
    downloading: Post, worker: Worker, tiktok: Simulator, instance: Instance, editor: User
) -> None:
    WorkItem.objects.filter(post_id=downloading.pk).update(next_action_at="2020-01-01T00:00:00Z")
    held = claim()
    assert held is not None
    ask(downloading, instance, editor)
    advance(held)
    assert reread(downloading, instance).state == PostState.PROCESSING
    worker.run_due()
    assert reread(downloading, instance).state == PostState.CANCELLED


def test_plain_cancel_is_still_refused(downloading: Post, instance: Instance, editor: User) -> None:
    with instance_scope(instance), pytest.raises(InvalidTransition):
        cancel_post(reread(downloading, instance), actor=editor)


def test_upload_in_processing_cannot_be_stopped_at_tiktok(
    simulated: TikTokApp, send: Send, worker: Worker, tiktok: Simulator, instance: Instance, video: Media, editor: User
) -> None:
    tiktok.fault("hold", "video_init")
    post = send([video])
    worker.run_due()
    post = reread(post, instance)
    assert post.state == PostState.PROCESSING
    with instance_scope(instance):
        assert not can_cancel_download(post)
        with pytest.raises(UserRefusal, match="not downloading"):
            cancel_download(post, actor=editor)
    worker.run_for(60)
    assert tiktok.requests("cancel") == []
