"""Media that TikTok downloads are published once, or the post says that it is not known (rules R3, R4, R5 and R6)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from accounts.models import User
from core.web.refusals import UserRefusal
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import CapabilityURL, Media, Post, PostEvent, PostState, Submission, TikTokApp, WorkItem
from tiktok.posts.decisions import send_again_post
from tiktok.tests.fixtures_downloads import DIRECT, INBOX, Send, wait_for_pull
from tiktok.tests.fixtures_posts import Clock, Worker, history, reread
from tiktok.tests.integration.delivery.outcomes import attention, published
from tiktok.tests.simulator_process import Simulator

pytestmark = pytest.mark.django_db(transaction=True)

BEGUN_AGAIN = ["draft", "due", "initing", "due", "initing", "processing", "published"]


def causes(post: Post, instance: Instance) -> list[str]:
    with instance_scope(instance):
        moves = PostEvent.objects.filter(post=post).order_by("id")
        return [event.cause for event in moves if event.from_state != event.to_state]


def run_and_pull(worker: Worker, tiktok: Simulator, seconds: float = 900) -> None:
    """Let time pass; each download that has begun ends before the next time that a worker asks."""
    end = worker.clock_at() + seconds
    while worker.clock_at() < end:
        worker.run_for(30)
        for post in tiktok.posts():
            if tiktok.pulls(publish_id=post.publish_id):
                wait_for_pull(tiktok, post.publish_id)


@contextmanager
def answer_lost(path: str, *, after: Callable[[], object]) -> Iterator[None]:
    """Lose the first answer of a path, once ``after`` has returned."""
    send, is_left = HTTPAdapter.send, [True]

    def lossy(adapter: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        answer = send(adapter, request, *args, **more)
        if path in str(request.url) and is_left:
            is_left.clear()
            after()
            answer.close()
            raise requests.ConnectionError("the answer is lost")
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HTTPAdapter, "send", lossy)
        yield


def wait_for_downloads(tiktok: Simulator) -> None:
    for post in tiktok.posts():
        wait_for_pull(tiktok, post.publish_id)


# R5: an unclear answer


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "lost_answer"},
        {"fault": "server_error", "after": True},
        {"fault": "truncated_json"},
        {"fault": "html_error", "after": True},
    ],
)
def test_unclear_init_begins_again_where_tiktok_can_no_longer_download(
    pulling: TikTokApp, send: Send, worker: Worker, tiktok: Simulator, instance: Instance, video: Media,
    fault: dict[str, Any],
) -> None:  # fmt: skip
    tiktok.fault("late_pull", "video_init", delay_s=3600)
    tiktok.fault(endpoint="video_init", **fault)
    post = send([video])
    worker.run_due()
    assert causes(post, instance)[-1] == "r5"
    assert not CapabilityURL.objects.filter(revoked_at=None).exists()
    run_and_pull(worker, tiktok)
    assert history(post, instance) == BEGUN_AGAIN
    tiktok.advance(3600)
    wait_for_downloads(tiktok)
    assert sorted(seen.status for seen in tiktok.posts()) == ["FAILED", "PUBLISH_COMPLETE"]


def test_refusal_of_the_server_that_acted_on_nothing_begins_again(
    pulling: TikTokApp, send: Send, worker: Worker, tiktok: Simulator, instance: Instance, video: Media
) -> None:
    tiktok.fault("server_error", "video_init")
    post = send([video])
    run_and_pull(worker, tiktok)
    assert history(post, instance) == BEGUN_AGAIN
    assert ("r5" in causes(post, instance), len(tiktok.posts())) == (True, 1)


@pytest.mark.parametrize("mode", [DIRECT, INBOX])
def test_unclear_init_after_which_tiktok_downloaded_is_never_repeated(
    pulling: TikTokApp, send: Send, worker: Worker, tiktok: Simulator, instance: Instance, photos: list[Media],
    mode: str,
) -> None:  # fmt: skip
    post = send(photos, mode)
    with answer_lost("content/init", after=lambda: wait_for_downloads(tiktok)):
        worker.run_for(24 * 3600)
    assert attention(post, instance) == ("needs_attention", "outcome_unknown")
    assert len(tiktok.requests("content_init")) == 1
    assert not CapabilityURL.objects.filter(first_served_at=None).exists()


def test_one_photo_of_three_downloaded_is_enough_for_doubt(
    pulling: TikTokApp, send: Send, worker: Worker, tiktok: Simulator, instance: Instance, photos: list[Media]
) -> None:
    tiktok.fault("failed_photo", "content_init", item=1)
    post = send(photos)
    with answer_lost("content/init", after=lambda: wait_for_downloads(tiktok)):
        worker.run_for(600)
    assert attention(post, instance) == ("needs_attention", "outcome_unknown")
    served = CapabilityURL.objects.exclude(first_served_at=None)
    assert [address.position for address in served] == [0]
    assert not CapabilityURL.objects.exclude(revoked_at=None).exists()


def test_look_at_the_head_alone_does_not_count_as_downloaded(
    pulling: TikTokApp, send: Send, worker: Worker, tiktok: Simulator, instance: Instance, video: Media
) -> None:
    def look() -> None:
        (post,) = tiktok.posts()
        status = requests.head(post.items[0].url, timeout=10).status_code
        assert status == 200

    tiktok.fault("late_pull", "video_init", delay_s=3600)
    post = send([video])
    with answer_lost("video/init", after=look):
        worker.run_due()
    assert causes(post, instance)[-1] == "r5"
    run_and_pull(worker, tiktok)
    assert (reread(post, instance).state, len(published(tiktok))) == ("published", 1)


# R4: a definite refusal


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"code": "url_ownership_unverified", "status": 403}, "failed"),
        ({"code": "spam_risk_user_banned_from_posting", "status": 403}, "failed"),
        ({"code": "invalid_param", "status": 400}, "failed"),
        ({"code": "privacy_level_option_mismatch", "status": 403}, "needs_attention"),
        ({"code": "scope_not_authorized", "status": 401}, "waiting_account"),
        ({"code": "spam_risk_too_many_posts", "status": 403}, "due"),
        ({"code": "rate_limit_exceeded", "status": 429}, "due"),
    ],
)
def test_definite_refusal_revokes_the_addresses_and_goes_its_way(
    pulling: TikTokApp, send: Send, worker: Worker, tiktok: Simulator, instance: Instance, video: Media,
    fault: dict[str, Any], outcome: str,
) -> None:  # fmt: skip
    tiktok.fault("error", "video_init", **fault)
    post = send([video])
    worker.run_due()
    assert reread(post, instance).state == outcome
    assert "r4" in causes(post, instance)
    assert not CapabilityURL.objects.filter(revoked_at=None).exists()
    with instance_scope(instance):
        assert not Submission.objects.filter(closed_at=None).exists()


def test_refusal_for_speed_is_waited_out_and_published_once(
    pulling: TikTokApp, send: Send, worker: Worker, tiktok: Simulator, instance: Instance, video: Media
) -> None:
    tiktok.fault("rate_limit", "video_init")
    post = send([video])
    run_and_pull(worker, tiktok)
    assert (history(post, instance), len(published(tiktok))) == (BEGUN_AGAIN, 1)


# R3, and TikTok's ways to download


@pytest.mark.parametrize("fault", ["abandoned_pull", "failed_photo"])
def test_failed_download_is_tried_again_with_new_addresses(
    pulling: TikTokApp, send: Send, worker: Worker, tiktok: Simulator, instance: Instance, photos: list[Media],
    fault: str,
) -> None:  # fmt: skip
    tiktok.fault(fault, "content_init", after_bytes=10)
    post = send(photos)
    run_and_pull(worker, tiktok, 3 * 3600)
    assert "r3" in causes(post, instance)
    assert (reread(post, instance).state, len(published(tiktok))) == ("published", 1)
    urls = [item.url for seen in tiktok.posts() for item in seen.items]
    assert len(set(urls)) == 6


@pytest.mark.parametrize("fault", ["double_pull", "odd_ranges", "head_first"])
def test_odd_downloads_get_the_same_bytes_and_publish_once(
    pulling: TikTokApp, send: Send, worker: Worker, tiktok: Simulator, instance: Instance, video: Media, fault: str
) -> None:
    tiktok.fault(fault, "video_init")
    post = send([video])
    run_and_pull(worker, tiktok)
    (seen,) = tiktok.posts()
    assert (seen.sha256, len(seen.publications)) == (video.sha256, 1)
    assert reread(post, instance).state == PostState.PUBLISHED
    assert all(pull.outcome == "complete" for pull in tiktok.pulls())


def test_late_download_is_waited_for(
    pulling: TikTokApp, send: Send, worker: Worker, tiktok: Simulator, instance: Instance, video: Media
) -> None:
    tiktok.fault("late_pull", "video_init", delay_s=1800)
    post = send([video])
    worker.run_for(1700)
    assert (reread(post, instance).state, tiktok.pulls()) == ("processing", [])
    run_and_pull(worker, tiktok, 1200)
    assert reread(post, instance).state == PostState.PUBLISHED


# R6: a person resends


def test_resend_revokes_every_address_first(
    pulling: TikTokApp, send: Send, worker: Worker, tiktok: Simulator, instance: Instance, photos: list[Media],
    editor: User, clock: Clock,
) -> None:  # fmt: skip
    tiktok.fault("failed_photo", "content_init", item=2)
    post = send(photos)
    with answer_lost("content/init", after=lambda: wait_for_downloads(tiktok)):
        worker.run_for(14 * 60)
    post = reread(post, instance)
    with instance_scope(instance), pytest.raises(UserRefusal, match="too early"):
        send_again_post(post, actor=editor)
    worker.run_for(60)
    with instance_scope(instance):
        send_again_post(reread(post, instance), actor=editor)
    assert not CapabilityURL.objects.filter(revoked_at=None).exists()
    run_and_pull(worker, tiktok)
    assert (reread(post, instance).state, len(published(tiktok))) == ("published", 1)


# A worker that is gone in between


@pytest.mark.parametrize(("is_served", "state"), [(False, "due"), (True, "needs_attention")])
def test_init_of_a_dropped_claim_is_decided_by_what_was_served(
    pulling: TikTokApp, send: Send, worker: Worker, tiktok: Simulator, instance: Instance, video: Media,
    is_served: bool, state: str,
) -> None:  # fmt: skip
    class Killed(BaseException):
        """The process is gone."""

    def die() -> None:
        if is_served:
            wait_for_downloads(tiktok)
        raise Killed

    tiktok.fault("late_pull", "video_init", delay_s=0 if is_served else 3600)
    post = send([video])
    with answer_lost("video/init", after=die), pytest.raises(Killed):
        worker.run_due()
    assert reread(post, instance).state == PostState.INITING
    worker.be_off_for(40)
    worker.run_due()
    assert reread(post, instance).state == state
    assert WorkItem.objects.get(post_id=post.pk).lease_owner == ""
