"""TikTok's caps over 24 hours: counted, held with the time of the next try, and never asked in vain."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from core.jobs.clock import read_db_now
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.access import quota
from tiktok.access.quota import PROBE, USER_CAP
from tiktok.models import AttentionReason, Post, PostState, Submission, TikTokAccount, TikTokApp
from tiktok.tests.factories import make_account
from tiktok.tests.fixtures_posts import Submit, Worker, link_simulated, reread
from tiktok.tests.simulator_process import Simulator

HOUR = 3600
TOO_MANY = "spam_risk_too_many_posts"


def where(post: Post, instance: Instance) -> tuple[str, str]:
    post = reread(post, instance)
    return post.state, post.hold_reason


def next_try(post: Post, instance: Instance) -> datetime:
    at = reread(post, instance).next_try_at
    assert at is not None
    return at


def refuse_init(tiktok: Simulator, code: str) -> None:
    tiktok.fault("error", "video_init", status=403, code=code)


def refuse_creator_info(tiktok: Simulator, code: str) -> None:
    tiktok.fault("error", "creator_info", status=200, code=code, skip=0)


def fail_afterwards(tiktok: Simulator, code: str) -> None:
    tiktok.fault("fail_reason", reason=code)


@pytest.mark.parametrize(
    ("refuse", "code"),
    [
        (refuse_creator_info, TOO_MANY),
        (refuse_creator_info, "spam_risk_too_many_pending_share"),
        (refuse_creator_info, USER_CAP),
        (refuse_init, TOO_MANY),
        (refuse_init, "spam_risk_too_many_pending_share"),
        (refuse_init, USER_CAP),
        (fail_afterwards, TOO_MANY),
    ],
)
def test_cap_holds_the_post_until_a_named_time_and_then_it_is_published(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, client: Client, editor: User,
    refuse: Callable[[Simulator, str], None], code: str,
) -> None:  # fmt: skip
    client.force_login(editor)
    post = submit(privacy_level="SELF_ONLY")
    refuse(tiktok, code)
    worker.run_for(120)
    assert where(post, instance) == (PostState.DUE, code)
    assert timedelta(minutes=50) < next_try(post, instance) - read_db_now() <= PROBE
    assert page_of(post, client, instance).context["next_try_at"] == next_try(post, instance)
    worker.run_for(HOUR + 120)
    assert reread(post, instance).state == PostState.PUBLISHED
    assert page_of(post, client, instance).context["next_try_at"] is None


def page_of(post: Post, client: Client, instance: Instance) -> Any:
    return client.get(f"/i/{instance.slug}/posts/{post.pk}/live/")


def test_a_cap_is_asked_about_once_an_hour_by_one_post_and_costs_no_init(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    posts = [submit(privacy_level="SELF_ONLY") for _ in range(4)]
    asked = len(tiktok.requests("creator_info"))
    tiktok.create_app(post_cap=0)
    worker.run_for(3 * HOUR - 60)
    assert [where(post, instance) for post in posts] == [(PostState.DUE, TOO_MANY)] * 4
    assert len(tiktok.requests("creator_info")) - asked == 3
    assert tiktok.requests("video_init") == []
    times = [next_try(post, instance) for post in posts]
    assert times == sorted(times)
    assert len(set(times)) == 4
    assert worker.steps <= 4 * 4
    tiktok.create_app(post_cap=15)
    worker.run_for(HOUR)
    assert [reread(post, instance).state for post in posts] == [PostState.PUBLISHED] * 4
    assert [seen.post_info["title"] for seen in tiktok.posts()] == ["Hello"] * 4


def test_post_with_its_deadline_before_the_next_try_is_missed_with_a_code(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    tiktok.create_app(post_cap=0)
    worker.run_for(5 * HOUR - 60)
    assert where(post, instance) == (PostState.DUE, TOO_MANY)
    worker.run_for(HOUR)
    missed = reread(post, instance)
    assert (missed.state, missed.attention_reason) == (PostState.NEEDS_ATTENTION, AttentionReason.MISSED)
    assert missed.error_code == TOO_MANY


def test_post_behind_a_cap_that_outlasts_its_deadline_is_missed_at_once(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, settings: Settings
) -> None:
    first = submit(privacy_level="SELF_ONLY")
    settings.LATE_LIMIT_S = 600
    second = submit(privacy_level="SELF_ONLY")
    tiktok.create_app(post_cap=0)
    worker.run_for(60)
    assert where(first, instance) == (PostState.DUE, TOO_MANY)
    missed = reread(second, instance)
    assert (missed.state, missed.attention_reason) == (PostState.NEEDS_ATTENTION, AttentionReason.MISSED)
    assert missed.error_code == TOO_MANY


def test_the_next_try_is_when_the_oldest_of_our_own_posts_leaves_the_day(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    tiktok.create_app(post_cap=1)
    first = submit(privacy_level="SELF_ONLY")
    worker.run_for(60)
    assert reread(first, instance).state == PostState.PUBLISHED
    with instance_scope(instance):
        handed_over_at = Submission.objects.get().commit_point_at
    assert handed_over_at is not None
    worker.clock.advance(23.5 * HOUR)
    tiktok.create_app(post_cap=15)
    second = submit(privacy_level="SELF_ONLY")
    tiktok.create_app(post_cap=1)
    worker.run_due()
    assert where(second, instance) == (PostState.DUE, TOO_MANY)
    assert next_try(second, instance) == handed_over_at + timedelta(hours=24, minutes=1)
    worker.run_for(0.6 * HOUR)
    assert reread(second, instance).state == PostState.PUBLISHED


def test_an_apps_cap_holds_new_accounts_only_and_asks_with_one(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, simulated: TikTokApp,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    submit(privacy_level="SELF_ONLY")
    worker.run_for(60)
    new = [link_simulated(tiktok, simulated, instance, name) for name in ("nora", "oda", "pia")]
    waiting = [submit(account=account, privacy_level="SELF_ONLY") for account in new]
    active = submit(privacy_level="SELF_ONLY")
    tiktok.create_app(active_user_cap=1)
    asked = len(tiktok.requests("creator_info"))
    with caplog.at_level(logging.WARNING):
        worker.run_for(HOUR - 60)
    assert reread(active, instance).state == PostState.PUBLISHED
    assert [where(post, instance) for post in waiting] == [(PostState.DUE, USER_CAP)] * 3
    assert len(tiktok.requests("creator_info")) - asked == 2  # one of the three, and the active account
    simulated.refresh_from_db()
    assert simulated.users_held_until is not None
    assert "the operator is needed" in caplog.text
    tiktok.create_app(active_user_cap=9)
    worker.run_for(HOUR)
    assert [reread(post, instance).state for post in waiting] == [PostState.PUBLISHED] * 3


def test_held_post_is_published_as_soon_as_tiktok_accepts_posts_again(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, linked: TikTokAccount
) -> None:
    held = submit(privacy_level="SELF_ONLY")
    refuse_creator_info(tiktok, TOO_MANY)
    worker.run_due()
    assert where(held, instance) == (PostState.DUE, TOO_MANY)
    linked.credential.refresh_from_db()
    next_one = submit(privacy_level="SELF_ONLY")  # asks for the options, and TikTok gives them
    worker.run_for(120)
    assert {reread(post, instance).state for post in (held, next_one)} == {PostState.PUBLISHED}


def test_posts_of_a_day_are_counted_over_all_instances(
    submit: Submit, worker: Worker, instance: Instance, other_instance: Instance, linked: TikTokAccount,
    tiktok: Simulator,
) -> None:  # fmt: skip
    tiktok.fault("fail_reason", reason="spam_risk")
    posts = [submit(privacy_level="SELF_ONLY") for _ in range(3)]
    worker.run_for(300)
    assert sorted(reread(post, instance).state for post in posts) == ["failed", "published", "published"]
    with instance_scope(other_instance):
        there = make_account(other_instance, credential=linked.credential)
        usage = quota.usage_of(there.credential)
    assert (usage.posts, usage.users, usage.is_user_active) == (2, 1, True)
    worker.clock.advance(24 * HOUR + 1)
    with instance_scope(instance):
        assert quota.usage_of(linked.credential).posts == 0
