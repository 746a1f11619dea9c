"""Posting events: reordered, repeated, early, foreign or wrong, they never change the truth, and none is a 500."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.jobs.clock import db_in, read_db_now
from instances.models import Instance, Notice, NotificationPreference
from instances.notices.words import notices_in_words
from instances.scoping import instance_scope
from tiktok.models import InitReceipt, Post, PostState, Submission, WebhookDelivery, WorkItem
from tiktok.tests.factories import TikTokAppFactory, make_account
from tiktok.tests.integration.webhooks.post import delivery
from tiktok.tests.integration.webhooks.stage import (
    CAPTION,
    COMPLETE,
    DELIVERED,
    FAILED,
    HIDDEN,
    PUBLIC,
    Stage,
    second,
)
from tiktok.tests.simulator_process import CLIENT_KEY

pytestmark = pytest.mark.django_db
S = PostState
EVENTS = [FAILED, COMPLETE, DELIVERED, PUBLIC, HIDDEN]


@pytest.fixture
def publish_id(stage: Stage) -> str:
    """A public video in TikTok's processing."""
    return stage.send_to_tiktok()


def make_public(stage: Stage, publish_id: str) -> str:
    """TikTok publishes it; its public id."""
    stage.tiktok.finish(publish_id)
    stage.tiktok.reveal(publish_id)
    (shown,) = [seen for seen in stage.tiktok.posts() if seen.publish_id == publish_id]
    return str(shown.public_ids[0])


@pytest.mark.parametrize("order", list(itertools.permutations([COMPLETE, PUBLIC, HIDDEN])))
def test_events_in_any_order_end_in_the_same_truth(stage: Stage, publish_id: str, order: tuple[str, ...]) -> None:
    post = stage.post(publish_id)
    post_id, now = make_public(stage, publish_id), second(read_db_now())
    happened = {COMPLETE: now, PUBLIC: now + timedelta(seconds=1), HIDDEN: now + timedelta(seconds=2)}
    for event in order:
        stage.tell(event, publish_id, at=happened[event], post_id=int(post_id))
        stage.apply()
    stage.come_again()

    post = stage.reread(post)
    assert (post.state, post.post_ids, post.hidden_at) == (S.PUBLISHED, [post_id], happened[HIDDEN])
    assert stage.moves(post) == {S.PUBLISHED: 1}
    assert stage.notices() == [("hidden", False)]
    assert stage.titles(post).count("The post is no longer public") == 1


def test_events_replayed_a_hundred_times_change_nothing_more(stage: Stage, publish_id: str) -> None:
    post = stage.post(publish_id)
    post_id, now = make_public(stage, publish_id), second(read_db_now())

    def tell_all() -> None:
        for number, event in enumerate((COMPLETE, PUBLIC, HIDDEN)):
            stage.tell(event, publish_id, at=now + timedelta(seconds=number), post_id=post_id)

    tell_all()
    stage.apply()
    stage.come_again()
    before, history = stage.reread(post), stage.titles(post)
    calls = len(stage.tiktok.requests())
    for _ in range(100):
        tell_all()
    stage.apply()

    after = stage.reread(post)
    assert (after.state, after.post_ids, after.hidden_at) == (S.PUBLISHED, [post_id], now + timedelta(seconds=2))
    assert (after.updated_at, stage.titles(post)) == (before.updated_at, history)
    assert (WebhookDelivery.objects.count(), len(stage.tiktok.requests())) == (3, calls)


def test_event_that_comes_in_a_hundred_versions_changes_the_post_once(stage: Stage, publish_id: str) -> None:
    post = stage.post(publish_id)
    make_public(stage, publish_id)
    for number in range(100):
        stage.tell(COMPLETE, publish_id, version=number)
    stage.apply()

    assert stage.moves(post) == {S.PUBLISHED: 1}
    assert set(stage.outcomes()) == {"checks_post"}


def test_event_before_the_answer_to_the_init_is_kept_and_applied_later(stage: Stage, publish_id: str) -> None:
    """The worker still waits for the answer; then it stores the receipt, then it continues."""
    post = stage.post("", S.INITING)
    WorkItem.objects.update(next_action_at=None)
    make_public(stage, publish_id)
    stage.tell(COMPLETE, publish_id)
    stage.apply()
    assert stage.outcomes() == ["init_unanswered"]

    with instance_scope(stage.instance):
        submission = Submission.objects.get()
        InitReceipt.objects.create(submission=submission, app=submission.app, publish_id=publish_id)
    stage.worker.clock.advance(61)
    stage.apply()
    assert stage.outcomes() == ["not_handed_over"]
    assert stage.reread(post).state == S.INITING

    with instance_scope(stage.instance):
        Submission.objects.update(publish_id=publish_id)
        Post.objects.update(state=S.PROCESSING)
    stage.worker.clock.advance(121)
    stage.apply()

    assert stage.outcomes() == ["checks_post"]
    assert stage.reread(post).state == S.PUBLISHED


def test_event_about_a_post_that_a_worker_holds_comes_again(stage: Stage, publish_id: str) -> None:
    post = stage.post(publish_id)
    make_public(stage, publish_id)
    WorkItem.objects.update(lease_until=db_in(timedelta(seconds=30)), next_action_at=db_in(timedelta(hours=1)))
    stage.tell(COMPLETE, publish_id)
    stage.apply()
    assert (stage.outcomes(), stage.reread(post).state) == (["busy"], S.PROCESSING)

    stage.worker.clock.advance(61)
    stage.apply()

    assert (stage.outcomes(), stage.reread(post).state) == (["checks_post"], S.PUBLISHED)


@pytest.mark.parametrize("event", EVENTS)
def test_event_of_another_tenants_app_does_not_reach_the_post(
    stage: Stage, publish_id: str, other_instance: Instance, event: str
) -> None:
    """Its app has a user with the same open_id and signs rightly, but the publish_id is ours."""
    theirs = TikTokAppFactory.create(client_key="their-key", secret="their-secret")
    with instance_scope(other_instance):
        account = make_account(other_instance)
        account.credential.app, account.credential.open_id = theirs, stage.account.credential.open_id
        account.credential.save()
    post = stage.post(publish_id)
    WorkItem.objects.update(next_action_at=None)
    make_public(stage, publish_id)
    stage.tell(event, publish_id, client_key="their-key", secret="their-secret", post_id=7, reason="internal")
    stage.apply()
    stage.withdraw()
    WorkItem.objects.update(next_action_at=db_in(timedelta()))
    stage.apply()

    after = stage.reread(post)
    assert (after.state, after.post_ids, after.hidden_at) == (S.PROCESSING, [], None)
    assert stage.outcomes() == ["unknown_publish_id"]


@pytest.mark.parametrize("event", EVENTS)
def test_event_for_another_tiktok_user_does_not_reach_the_post(stage: Stage, publish_id: str, event: str) -> None:
    post = stage.post(publish_id)
    WorkItem.objects.update(next_action_at=None)
    make_public(stage, publish_id)
    stage.tell(event, publish_id, user_openid="another", post_id=7, reason="internal")
    stage.apply()

    assert (stage.reread(post).state, stage.outcomes()) == (S.PROCESSING, ["other_user"])


@pytest.mark.parametrize(
    ("event", "at_tiktok", "state"),
    [
        (COMPLETE, "hold", S.PROCESSING),
        (FAILED, "hold", S.PROCESSING),
        (PUBLIC, "hold", S.PROCESSING),
        (HIDDEN, "hold", S.PROCESSING),
        (DELIVERED, "hold", S.PROCESSING),
        (FAILED, "finish", S.PUBLISHED),
        (DELIVERED, "finish", S.PUBLISHED),
        (COMPLETE, "frame_rate_check_failed", S.FAILED),
        (PUBLIC, "frame_rate_check_failed", S.FAILED),
        (DELIVERED, "frame_rate_check_failed", S.FAILED),
    ],
)
def test_status_decides_against_a_contradicting_event(
    stage: Stage, publish_id: str, event: str, at_tiktok: str, state: str
) -> None:
    post = stage.post(publish_id)
    stage.worker.run_due()
    if at_tiktok == "finish":
        stage.tiktok.finish(publish_id)
    elif at_tiktok != "hold":
        stage.tiktok.fail(publish_id, at_tiktok)
    stage.tell(event, publish_id, post_id=7, reason="internal")
    stage.apply()

    after = stage.reread(post)
    assert (after.state, stage.outcomes()) == (state, ["not_published" if event in (PUBLIC, HIDDEN) else "checks_post"])
    assert (after.fail_reason, after.post_ids) == (at_tiktok if state == S.FAILED else "", [])


@pytest.mark.parametrize(("event", "state"), [(FAILED, S.DUE), (COMPLETE, S.FAILED), (PUBLIC, S.FAILED)])
def test_failure_that_a_webhook_contradicts_is_not_retried(
    stage: Stage, publish_id: str, event: str, state: str
) -> None:
    """TikTok allows another attempt after this failure, but says as well that the post is out."""
    post = stage.post(publish_id, deadline_at=read_db_now() + timedelta(hours=6))
    stage.tell(event, publish_id, post_id=7, reason="internal")
    stage.tiktok.fail(publish_id, "internal")
    stage.apply()

    assert stage.reread(post).state == state


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("state", [S.FAILED, S.CANCELLED, S.DUE, S.WAITING_ACCOUNT])
def test_event_moves_no_post_whose_attempt_has_ended(stage: Stage, publish_id: str, state: str, event: str) -> None:
    post = stage.post(publish_id, state, is_closed=True)
    make_public(stage, publish_id)
    stage.tell(event, publish_id, post_id=7, reason="internal")
    stage.apply()

    after = stage.reread(post)
    assert (after.state, after.post_ids, after.hidden_at) == (state, [], None)
    assert stage.outcomes() == ["contradicts_end" if event in (COMPLETE, PUBLIC) else "attempt_ended"]


@pytest.mark.parametrize(
    ("events", "is_draft", "state", "reason"),
    [
        ([COMPLETE], False, S.PUBLISHED, ""),
        ([PUBLIC], False, S.PUBLISHED, ""),
        ([HIDDEN], False, S.PUBLISHED, ""),
        ([FAILED], False, S.FAILED, "frame_rate_check_failed"),
        ([DELIVERED], True, S.IN_INBOX, ""),
        ([COMPLETE, DELIVERED], True, S.PUBLISHED, ""),
        ([COMPLETE, FAILED], False, S.PROCESSING, ""),
        ([], False, S.PROCESSING, ""),
    ],
)
def test_without_tokens_the_events_decide_unless_they_disagree(
    stage: Stage, events: list[str], is_draft: bool, state: str, reason: str
) -> None:
    publish_id = stage.send_to_tiktok(is_draft=is_draft)
    post = stage.post(publish_id, mode="MEDIA_UPLOAD" if is_draft else "DIRECT_POST")
    stage.withdraw()
    for event in events:
        stage.tell(event, publish_id, reason="frame_rate_check_failed", publish_type="INBOX_SHARE" if is_draft else "")
    stage.apply()

    after = stage.reread(post)
    assert (after.state, after.fail_reason) == (state, reason)


@pytest.mark.parametrize("is_text", [False, True])
@pytest.mark.parametrize("is_wrong", [False, True])
def test_both_spellings_hide_and_show_a_post(stage: Stage, publish_id: str, is_wrong: bool, is_text: bool) -> None:
    post = stage.post(publish_id, S.PUBLISHED, is_closed=True, published_at=read_db_now())
    now = second(read_db_now())
    names = [f"post.publish.{kind}{'publicaly' if is_wrong else 'publicly'}_available" for kind in ("", "no_longer_")]
    post_id: Any = "7123456789012345678" if is_text else 7123456789012345678
    for number, name in enumerate((names[0], names[1], names[0])):
        stage.tell(name, publish_id, at=now + timedelta(seconds=number), post_id=post_id)
        stage.apply()
        after = stage.reread(post)
        assert after.post_ids == ["7123456789012345678"]
        assert after.hidden_at == (now + timedelta(seconds=1) if number == 1 else None)

    assert stage.notices() == [("hidden", True)]
    assert stage.titles(post)[-2:] == ["The post is no longer public", "The post is public again"]
    assert len(stage.tiktok.requests("status")) == 0


def test_post_hidden_and_shown_in_the_wrong_order_stays_public(stage: Stage, publish_id: str) -> None:
    post = stage.post(publish_id, S.PUBLISHED, is_closed=True, published_at=read_db_now(), post_ids=["7"])
    now = read_db_now()
    stage.tell(PUBLIC, publish_id, at=now, post_id=7)
    stage.apply()
    stage.tell(HIDDEN, publish_id, at=now - timedelta(minutes=5), post_id=7)
    stage.apply()

    assert (stage.reread(post).hidden_at, stage.notices()) == (None, [])


@pytest.mark.parametrize("order", [(PUBLIC, HIDDEN), (HIDDEN, PUBLIC)])
def test_post_shown_and_hidden_in_the_same_second_is_hidden(
    stage: Stage, publish_id: str, order: tuple[str, ...]
) -> None:
    post = stage.post(publish_id, S.PUBLISHED, is_closed=True, published_at=read_db_now())
    now = second(read_db_now())
    for event in order:
        stage.tell(event, publish_id, at=now, post_id=7)
        stage.apply()

    assert (stage.reread(post).hidden_at, stage.reread(post).post_ids) == (now, ["7"])


def test_event_is_answered_after_three_statements_without_asking_tiktok(stage: Stage, publish_id: str) -> None:
    """So no answer waits for TikTok, or for a post that is being worked on."""
    stage.post(publish_id)
    calls = len(stage.tiktok.requests())
    for event in EVENTS:
        with CaptureQueriesContext(connection) as statements:
            stage.tell(event, publish_id, post_id=7, reason="internal")
        assert len(statements) == 3, [query["sql"] for query in statements]

    assert len(stage.tiktok.requests()) == calls


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text(), max_size=2)
KEYS = st.sampled_from(["publish_id", "post_id", "reason", "publish_type"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(EVENTS), st.dictionaries(KEYS, VALUES), st.booleans())
def test_odd_content_is_stored_and_harms_no_post(
    stage: Stage, event: str, content: dict[str, Any], names_post: bool
) -> None:
    with instance_scope(stage.instance):
        post = Post.objects.first() or stage.post("v_pub_file~ours", S.PUBLISHED, is_closed=True, post_ids=["7"])
    said = content | ({"publish_id": "v_pub_file~ours", "post_id": content.get("post_id")} if names_post else {})
    open_id = stage.account.credential.open_id
    body = delivery(CLIENT_KEY, event, content=said, user_openid=open_id)

    assert stage.knock(body, secret="sim-client-secret", at=read_db_now().timestamp()).status_code == 200
    stage.apply()
    assert stage.reread(post).state == S.PUBLISHED
    assert WebhookDelivery.objects.filter(event=event, body=body.decode()).exists()


def test_notification_of_a_hidden_post_names_it_and_says_what_to_do(stage: Stage, publish_id: str) -> None:
    post = stage.post(publish_id, S.PUBLISHED, is_closed=True, published_at=read_db_now(), post_ids=["7"])
    stage.tell(HIDDEN, publish_id, post_id=7)
    stage.apply()

    with instance_scope(stage.instance):
        (item,) = notices_in_words(stage.instance, list(Notice.objects.all()))
    assert item.title == "A post is no longer public"
    assert item.words.what == "TikTok reports that this post is no longer public."
    assert item.subject is not None
    assert (item.subject.name, item.look) == (CAPTION, "hidden")
    assert (post.pk, NotificationPreference().wants("hidden")) == (item.notice.subject_id, True)
    assert not NotificationPreference(mail_attention=False).wants("hidden")
