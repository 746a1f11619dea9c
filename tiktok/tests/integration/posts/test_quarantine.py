"""Quarantine: after a restore nothing is sent, TikTok is asked on, and people decide."""

import threading
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import AuditLogEntry
from core.jobs.clock import read_db_now
from core.web.refusals import UserRefusal
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.delivery.advance import advance
from tiktok.delivery.claims import claim
from tiktok.delivery.step import Step
from tiktok.models import (
    AttentionReason,
    EventCause,
    Media,
    Post,
    PostState,
    Quarantine,
    StaleState,
    Submission,
    TikTokAccount,
    WorkItem,
)
from tiktok.posts import quarantine
from tiktok.tests.factories import make_account, make_post, make_submission
from tiktok.tests.fixtures_posts import Submit, Worker, reread
from tiktok.tests.integration.delivery.test_races import at_once
from tiktok.tests.jobs_process import wait_until
from tiktok.tests.simulator_process import Simulator

S, A = PostState, AttentionReason
HOUR = timedelta(hours=1)


def switch(word: str) -> str:
    said = StringIO()
    call_command("quarantine", word, stdout=said)
    return said.getvalue()


def where(post: Post, instance: Instance) -> tuple[str, str]:
    post = reread(post, instance)
    return post.state, post.attention_reason


@pytest.fixture
def many(instance: Instance, db: None) -> dict[str, Post]:
    """One post in each state, scheduled ones before and after now."""
    now = read_db_now()
    with instance_scope(instance):
        account = make_account(instance)
        posts = {
            state.value: make_post(account, state=state)
            for state in PostState
            if state not in (S.SCHEDULED, S.NEEDS_ATTENTION)
        }
        posts["missed"] = make_post(account, state=S.NEEDS_ATTENTION, attention_reason=A.MISSED)
        posts["late"] = make_post(account, state=S.SCHEDULED, publish_at=now - HOUR / 2)
        posts["early"] = make_post(account, state=S.SCHEDULED, publish_at=now + HOUR)
        make_submission(posts["uploading"], is_uploading=True)
    return posts


def test_what_was_under_way_is_held_and_nothing_else(many: dict[str, Post], instance: Instance) -> None:
    before = {name: where(post, instance) for name, post in many.items()}
    assert "6 posts put on hold" in switch("on")
    held = {name for name, post in many.items() if where(post, instance) == (S.NEEDS_ATTENTION, A.QUARANTINED)}
    assert held == {"due", "initing", "uploading", "processing", "waiting_account", "late"}
    assert all(where(many[name], instance) == was for name, was in before.items() if name not in held)
    with instance_scope(instance):
        assert Submission.objects.filter(closed_at=None, is_uploading=False).count() == 1
    assert AuditLogEntry.objects.get(action="quarantine.hold").detail == {"posts": 6}


def test_every_word_may_be_said_twice(many: dict[str, Post]) -> None:
    assert "Publishing is not paused." in switch("status")
    assert "6 posts put on hold" in switch("on")
    began = quarantine.since()
    assert "0 posts put on hold" in switch("on")
    assert quarantine.since() == began
    assert "has been paused since" in switch("status")
    assert "is resumed. 0 more" in switch("off")
    assert "was not paused" in switch("off")
    assert "6 posts on hold need a decision" in switch("status")


def test_post_due_during_the_pause_is_missed_and_not_sent_afterwards(
    many: dict[str, Post], instance: Instance, worker: Worker, tiktok: Simulator
) -> None:
    with instance_scope(instance):
        other = make_post(many["early"].account, state=S.SCHEDULED, publish_at=many["early"].publish_at)
    WorkItem.objects.filter(post_id=many["early"].pk).update(next_action_at=many["early"].publish_at)
    switch("on")
    worker.run_for(HOUR.total_seconds() + 60)
    assert where(many["early"], instance) == (S.NEEDS_ATTENTION, A.MISSED)
    assert reread(many["early"], instance).error_code == "quarantine"
    assert "1 more" in switch("off")  # no worker had looked at it
    assert where(other, instance) == (S.NEEDS_ATTENTION, A.MISSED)
    WorkItem.objects.exclude(post_id=many["in_inbox"].pk).update(next_action_at=read_db_now())
    worker.run_for(60)
    assert tiktok.posts() == []


def test_a_worker_that_finds_a_due_post_holds_it(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    switch("on")
    post = submit_before_the_switch(submit)
    asked = len(tiktok.requests("creator_info"))
    worker.run_for(60)
    assert where(post, instance) == (S.NEEDS_ATTENTION, A.QUARANTINED)
    assert len(tiktok.requests("creator_info")) == asked
    assert tiktok.posts() == []


def submit_before_the_switch(submit: Submit) -> Post:
    """As if it had been committed in the moment between the switch and the sweep."""
    start = quarantine.since()
    Quarantine.objects.update(since=None)
    post = submit(privacy_level="SELF_ONLY")
    Quarantine.objects.update(since=start)
    return post


def test_a_person_cannot_publish_now_but_may_plan(
    linked: TikTokAccount, video: Media, submit: Submit, instance: Instance
) -> None:
    switch("on")
    with pytest.raises(UserRefusal) as caught:
        submit()
    assert caught.value.code == "quarantine"
    with instance_scope(instance):
        assert Post.objects.count() == 0


def test_status_checks_continue_in_the_pause_and_are_applied(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    tiktok.fault("hold")
    worker.run_for(30)
    assert where(post, instance)[0] == S.PROCESSING
    switch("on")
    assert where(post, instance) == (S.NEEDS_ATTENTION, A.QUARANTINED)
    tiktok.finish(tiktok.posts()[0].publish_id)
    worker.run_for(300)
    assert where(post, instance)[0] == S.PUBLISHED


@pytest.mark.parametrize(
    ("reason", "ends"),
    [("internal", False), ("spam_risk_too_many_posts", False), ("auth_removed", False), ("spam_risk_text", True)],
)
def test_restored_post_fails_only_on_a_failure_that_is_not_retried(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, reason: str, ends: bool
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    tiktok.fault("hold")
    worker.run_for(30)
    switch("on")
    tiktok.fail(tiktok.posts()[0].publish_id, reason)
    worker.run_for(300)
    assert where(post, instance) == ((S.FAILED, "") if ends else (S.NEEDS_ATTENTION, A.QUARANTINED))
    assert reread(post, instance).publish_status == "FAILED"


@pytest.mark.django_db(transaction=True)
def test_the_answer_to_an_init_that_was_under_way_is_taken_up(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    tiktok.fault("slow", "video_init", delay_s=1)
    claimed = claim(post.pk)
    assert claimed is not None
    at_once(lambda: advance(claimed), lambda: until_initing(instance) and switch("on"))
    assert where(post, instance) == (S.NEEDS_ATTENTION, A.QUARANTINED)
    worker.run_for(120)
    with instance_scope(instance):
        assert Submission.objects.get().publish_id == tiktok.posts()[0].publish_id
    assert tiktok.puts(tiktok.posts()[0].publish_id) == []


def until_initing(instance: Instance) -> bool:
    def is_initing() -> bool:
        with instance_scope(instance):
            return Submission.objects.exists()

    wait_until(is_initing, what="the init is sent")
    return True


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("call", ["creator_info", "video_init", "upload"])
def test_nothing_starts_after_the_command_has_returned(
    submit: Submit, tiktok: Simulator, instance: Instance, settings: Any, call: str
) -> None:
    """Switch during each call of a publish, against a worker on another connection."""
    settings.PUBLISH_LEASE_S = 3
    post = submit(privacy_level="SELF_ONLY")
    tiktok.fault("slow", call, delay_s=1)
    under_way = {"creator_info": S.DUE, "video_init": S.INITING, "upload": S.UPLOADING}[call]
    marks: list[float] = []

    def work() -> None:
        while claimed := claim(post.pk):
            advance(claimed)

    def on() -> None:
        claimed = WorkItem.objects.filter(lease_until__isnull=False)
        wait_until(lambda: claimed.exists() and where(post, instance)[0] == under_way, what=f"{call} is under way")
        switch("on")
        marks.append(tiktok.now())

    at_once(work, on)
    at_once(work)
    assert where(post, instance) == (S.NEEDS_ATTENTION, A.QUARANTINED)
    inits, puts = starts(tiktok)
    assert (len(inits), len(puts)) == {"creator_info": (0, 0), "video_init": (1, 0), "upload": (1, 1)}[call]
    assert [at for at in inits + puts if at > marks[0]] == []


def starts(tiktok: Simulator) -> tuple[list[float], list[float]]:
    """When inits and chunks came."""
    puts = [put.at for seen in tiktok.posts() for put in tiktok.puts(seen.publish_id)]
    return [call.at for call in tiktok.requests("video_init")], puts


@pytest.mark.django_db(transaction=True)
def test_a_post_that_becomes_due_while_the_switch_is_turned_is_not_sent(
    submit: Submit, instance: Instance, settings: Any
) -> None:
    """Its worker claimed it before the switch and did not see it; the sweep passed while it was only planned."""
    settings.PUBLISH_LEASE_S = 1
    post = submit(privacy_level="SELF_ONLY")
    soon = read_db_now() + timedelta(milliseconds=800)
    with instance_scope(instance):
        Post.objects.update(state=S.SCHEDULED, publish_at=soon)
    claimed = claim(post.pk)
    assert claimed is not None
    switch("on")
    assert where(post, instance)[0] == S.SCHEDULED
    with instance_scope(instance), pytest.raises(StaleState):
        Step(claimed, threading.Event()).move(PostState.DUE, cause=EventCause.CLOCK)
