"""Drafts in the TikTok inbox: five at a time, posted later, once or several times, or never."""

from collections.abc import Callable

import pytest

from core.jobs.clock import read_db_now
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import Media, Post, PostEvent, PostState, TikTokAccount, TikTokCredential, WorkItem
from tiktok.tests.fixtures_downloads import INBOX, Send
from tiktok.tests.fixtures_posts import Worker, reread
from tiktok.tests.simulator_process import Simulator

HOUR = 3600
DAY = 24 * HOUR
CAP = "spam_risk_too_many_pending_share"
SendDraft = Callable[[], Post]


@pytest.fixture
def send_draft(send: Send, video: Media) -> SendDraft:
    return lambda: send([video], INBOX)


@pytest.fixture
def draft(send_draft: SendDraft, worker: Worker, instance: Instance) -> Post:
    """A draft in the inbox."""
    post = send_draft()
    worker.run_for(600)
    assert reread(post, instance).state == PostState.IN_INBOX
    return post


def ids_noted(post: Post, instance: Instance) -> list[str]:
    with instance_scope(instance):
        lines = PostEvent.objects.filter(post=post, detail__has_key="post_ids").order_by("id")
        return [post_id for line in lines for post_id in line.detail["post_ids"]]


def test_draft_that_is_posted_is_published_with_its_link(
    draft: Post, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    (seen,) = tiktok.posts()
    tiktok.post_draft(seen.publish_id)
    worker.run_for(2 * HOUR)
    post = reread(draft, instance)
    (seen,) = tiktok.posts()
    assert (post.state, post.publish_status) == ("published", "PUBLISH_COMPLETE")
    assert post.post_ids == [str(number) for number in seen.public_ids]
    assert len(post.post_ids) == 1


def test_draft_that_is_posted_again_keeps_all_ids(
    draft: Post, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    (seen,) = tiktok.posts()
    tiktok.post_draft(seen.publish_id)
    worker.run_for(2 * HOUR)
    first = reread(draft, instance).post_ids
    tiktok.post_draft(seen.publish_id, count=2)
    worker.run_for(DAY)
    post = reread(draft, instance)
    (seen,) = tiktok.posts()
    assert (len(first), post.post_ids[0], len(post.post_ids)) == (1, first[0], 3)
    assert sorted(post.post_ids) == sorted(str(number) for number in seen.public_ids)
    assert ids_noted(post, instance) == post.post_ids


def test_draft_without_an_audience_is_asked_about_hourly_for_a_week(
    draft: Post, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    (seen,) = tiktok.posts()
    tiktok.post_draft(seen.publish_id, privacy_level="SELF_ONLY")
    worker.run_for(DAY)
    before = len(tiktok.requests("status"))
    worker.run_for(DAY)
    assert 22 <= len(tiktok.requests("status")) - before <= 26
    worker.run_for(6 * DAY)
    assert (reread(draft, instance).state, reread(draft, instance).post_ids) == ("published", [])
    assert WorkItem.objects.get(post_id=draft.pk).next_action_at is None


def test_draft_that_lapses_stays_in_the_inbox_and_is_given_up_after_a_week(
    draft: Post, worker: Worker, tiktok: Simulator, instance: Instance, caplog: pytest.LogCaptureFixture
) -> None:
    (seen,) = tiktok.posts()
    tiktok.expire_draft(seen.publish_id)
    before = len(tiktok.requests("status"))
    worker.run_for(DAY)
    assert 22 <= len(tiktok.requests("status")) - before <= 26
    worker.run_for(7 * DAY)
    assert reread(draft, instance).state == PostState.IN_INBOX
    assert WorkItem.objects.get(post_id=draft.pk).next_action_at is None
    assert "the operator is needed" not in caplog.text


def test_draft_that_tiktok_fails_in_the_inbox_has_failed(
    draft: Post, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    (seen,) = tiktok.posts()
    tiktok.fail(seen.publish_id, "internal")
    worker.run_for(2 * HOUR)
    assert (reread(draft, instance).state, len(tiktok.posts())) == ("failed", 1)


# The limit


@pytest.fixture
def five(send_draft: SendDraft, worker: Worker, instance: Instance) -> list[Post]:
    """Five drafts in the inbox."""
    posts = [send_draft() for _ in range(5)]
    worker.run_for(900)
    assert {reread(post, instance).state for post in posts} == {"in_inbox"}
    return posts


def test_sixth_draft_waits_until_one_is_finished_and_asks_tiktok_nothing(
    five: list[Post], send_draft: SendDraft, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    sixth = send_draft()
    worker.run_for(HOUR)
    held = reread(sixth, instance)
    assert (held.state, held.hold_reason, len(tiktok.requests("inbox_init"))) == ("due", CAP, 5)
    tiktok.post_draft(tiktok.posts()[0].publish_id)
    worker.run_for(2 * HOUR)
    assert (reread(sixth, instance).state, len(tiktok.requests("inbox_init"))) == ("in_inbox", 6)


def test_sixth_draft_whose_time_passes_was_missed(
    five: list[Post], send_draft: SendDraft, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    sixth = reread(send_draft(), instance)
    worker.run_for(7 * HOUR)
    post = reread(sixth, instance)
    assert (post.state, post.attention_reason, post.error_code) == ("needs_attention", "missed", CAP)
    assert len(tiktok.requests("inbox_init")) == 5


def test_sixth_draft_goes_out_when_the_first_is_a_day_old(
    five: list[Post], send_draft: SendDraft, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    worker.run_for(DAY - 2 * HOUR)
    sixth = send_draft()
    worker.run_for(HOUR)
    assert reread(sixth, instance).state == PostState.DUE
    worker.run_for(2 * HOUR)
    assert reread(sixth, instance).state == PostState.IN_INBOX


def test_direct_post_passes_a_draft_that_waits(
    five: list[Post], send_draft: SendDraft, send: Send, video: Media, worker: Worker, instance: Instance
) -> None:
    sixth = send_draft()
    worker.run_for(60)
    direct = send([video])
    worker.run_for(600)
    assert [reread(post, instance).state for post in (sixth, direct)] == ["due", "published"]


def test_draft_passes_a_direct_post_that_waits_for_its_own_cap(
    send_draft: SendDraft, send: Send, video: Media, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    tiktok.fault("error", "video_init", code="spam_risk_too_many_posts", status=403)
    direct = send([video])
    worker.run_for(60)
    draft = send_draft()
    worker.run_for(600)
    assert [reread(post, instance).state for post in (direct, draft)] == ["due", "in_inbox"]


def test_tiktoks_own_word_holds_a_draft_until_one_is_finished(
    draft: Post, send_draft: SendDraft, worker: Worker, tiktok: Simulator, instance: Instance, linked: TikTokAccount
) -> None:
    """Drafts of other apps count as well, and Clipdesk does not see them."""
    tiktok.fault("error", "inbox_init", code=CAP, status=403)
    second = send_draft()
    worker.run_for(60)
    held = reread(second, instance)
    credential = TikTokCredential.objects.get(pk=linked.credential_id)
    assert (held.state, held.hold_reason) == ("due", CAP)
    assert credential.drafts_held_until is not None
    assert credential.drafts_held_until > read_db_now()
    tiktok.post_draft(tiktok.posts()[0].publish_id)
    worker.run_for(2 * HOUR)
    assert reread(second, instance).state == PostState.IN_INBOX
