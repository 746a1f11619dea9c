"""Posts whose outcome is open: TikTok is still polled, its status counts, and a person may resend them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from core.jobs.clock import read_db_now
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.delivery.advance import advance
from tiktok.delivery.claims import claim
from tiktok.models import (
    AttentionReason,
    EventCause,
    InvalidTransition,
    Post,
    PostEvent,
    PostState,
    StaleState,
    Submission,
    WorkItem,
)
from tiktok.posts import decisions, queries
from tiktok.tests.fixtures_posts import Submit, Worker, history, next_due, reread
from tiktok.tests.integration.delivery.test_races import at_once
from tiktok.tests.simulator_process import Simulator

DAY = 24 * 3600
S = PostState


@pytest.fixture
def doubtful(submit: Submit, worker: Worker, tiktok: Simulator) -> Post:
    """TikTok has had it for a day and has not said whether it is published."""
    post = submit(privacy_level="SELF_ONLY")
    tiktok.fault("hold")
    worker.be_off_for(DAY)
    worker.run_for(1000)
    return post


def said(post: Post, instance: Instance) -> list[Any]:
    with instance_scope(instance):
        return [event.detail["said"] for event in PostEvent.objects.filter(post=post) if "said" in event.detail]


def decide(service: Callable[..., None], post: Post, instance: Instance, actor: User) -> None:
    with instance_scope(instance):
        service(Post.objects.get(pk=post.pk), actor=actor)


def test_tiktok_is_asked_on_for_a_week_and_then_only_by_a_person(
    doubtful: Post, worker: Worker, tiktok: Simulator, instance: Instance, editor: User
) -> None:
    assert reread(doubtful, instance).attention_reason == AttentionReason.OUTCOME_UNKNOWN
    before = len(tiktok.requests("status"))
    worker.run_for(6 * DAY)
    asked = len(tiktok.requests("status")) - before
    assert 6 * 24 - 3 <= asked <= 6 * 24 + 3
    assert next_due() is None
    decide(decisions.recheck_post, doubtful, instance, editor)
    worker.run_due()
    assert len(tiktok.requests("status")) == before + asked + 1
    assert said(doubtful, instance) == ["PROCESSING_UPLOAD"]
    assert next_due() is None


@pytest.mark.parametrize(
    ("act", "state"),
    [(lambda tiktok, publish_id: tiktok.finish(publish_id), S.PUBLISHED),
     (lambda tiktok, publish_id: tiktok.fail(publish_id, "internal"), S.FAILED),
     (lambda tiktok, publish_id: tiktok.fail(publish_id, "auth_removed"), S.FAILED)],
)  # fmt: skip
def test_late_status_ends_the_doubt_and_nothing_is_resent(
    doubtful: Post, worker: Worker, tiktok: Simulator, instance: Instance, editor: User, act: Any, state: str
) -> None:
    decide(decisions.set_aside_post, doubtful, instance, editor)
    act(tiktok, tiktok.posts()[0].publish_id)
    decide(decisions.recheck_post, doubtful, instance, editor)
    worker.run_due()
    post = reread(doubtful, instance)
    assert (post.state, post.dismissed_at) == (state, None)
    worker.run_for(DAY)
    assert len(tiktok.posts()) == 1


def test_line_that_is_down_leaves_the_question_open(
    doubtful: Post, worker: Worker, tiktok: Simulator, instance: Instance, editor: User
) -> None:
    tiktok.fault("server_error", "status", times=2)
    decide(decisions.recheck_post, doubtful, instance, editor)
    worker.run_due()
    assert said(doubtful, instance) == []
    worker.run_for(1200)
    assert said(doubtful, instance) == ["PROCESSING_UPLOAD"]


def test_id_unknown_to_tiktok_is_logged_and_polled_rarely(
    doubtful: Post, worker: Worker, tiktok: Simulator, instance: Instance, editor: User
) -> None:
    with instance_scope(instance):
        Submission.objects.update(publish_id="v_pub_file~strange")
    decide(decisions.recheck_post, doubtful, instance, editor)
    worker.run_for(1800)
    assert said(doubtful, instance) == ["invalid_publish_id"]
    assert len([seen for seen in tiktok.requests("status") if seen.code == "invalid_publish_id"]) == 1


def test_sending_again_publishes_a_second_time_only_what_a_person_wants(
    doubtful: Post, worker: Worker, tiktok: Simulator, instance: Instance, editor: User
) -> None:
    worker.run_for(DAY)
    decide(decisions.send_again_post, doubtful, instance, editor)
    worker.run_for(3600)
    assert history(doubtful, instance)[-5:] == ["due", "initing", "uploading", "processing", "published"]
    assert [seen.status for seen in tiktok.posts()] == ["PROCESSING_UPLOAD", "PUBLISH_COMPLETE"]
    with instance_scope(instance):
        assert PostEvent.objects.filter(post=doubtful, cause=EventCause.RULE_R6).count() == 1


def test_published_post_without_a_link_is_awaited_for_a_day(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, editor: User
) -> None:
    post = submit()
    tiktok.fault("moderation_delay", delay_s=3 * DAY)
    worker.run_for(2 * DAY)
    with instance_scope(instance):
        Post.objects.update(published_at=timezone.now() - 2 * (queries.LINK_WITHIN))
    assert not queries.is_moving(reread(post, instance))
    assert next_due() is None
    worker.run_for(2 * DAY)
    decide(decisions.recheck_post, post, instance, editor)
    worker.run_due()
    assert len(reread(post, instance).share_urls) == 1


# Races


class TestRaces:
    pytestmark = pytest.mark.django_db(transaction=True)

    def tries(self, post: Post, instance: Instance, actor: User, service: Callable[..., None]) -> Callable[[], str]:
        def run() -> str:
            decide(service, post, instance, actor)
            return "done"

        return run

    def test_of_two_people_who_resend_at_once_one_succeeds(
        self, doubtful: Post, instance: Instance, editor: User
    ) -> None:
        results = at_once(*[self.tries(doubtful, instance, editor, decisions.send_again_post)] * 6)
        assert results.count("done") == 1
        assert all(isinstance(result, InvalidTransition | StaleState) for result in results if result != "done")
        assert history(doubtful, instance).count("due") == 2
        with instance_scope(instance):
            assert Submission.objects.filter(closed_because="sent_again").count() == 1

    def test_checking_again_twice_at_once_is_one_question(
        self, doubtful: Post, instance: Instance, editor: User
    ) -> None:
        results = at_once(*[self.tries(doubtful, instance, editor, decisions.recheck_post)] * 4)
        assert results == ["done"] * 4
        with instance_scope(instance):
            assert PostEvent.objects.filter(post=doubtful, detail={"recheck": True}).count() == 1

    def test_sending_again_and_tiktoks_late_word_exclude_each_other(
        self, doubtful: Post, tiktok: Simulator, instance: Instance, editor: User
    ) -> None:
        tiktok.finish(tiktok.posts()[0].publish_id)
        WorkItem.objects.update(next_action_at=read_db_now())

        def work() -> str:
            if claimed := claim(doubtful.pk):
                advance(claimed)
            connection.close()
            return "worked"

        sent, _ = at_once(self.tries(doubtful, instance, editor, decisions.send_again_post), work)
        post = reread(doubtful, instance)
        with instance_scope(instance):
            closed = list(Submission.objects.values_list("closed_because", flat=True))
        if sent == "done":
            assert closed[0] == "sent_again"
        else:
            assert (post.state, closed) == (S.PUBLISHED, ["published"])
