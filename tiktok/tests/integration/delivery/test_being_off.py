"""The jobs were off when a post's time came: a little late is published, too late needs attention, and says so."""

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from core.jobs.clock import read_db_now
from instances.models import Instance, Notice
from instances.scoping import instance_scope
from tiktok.models import AttentionReason, Media, Post, PostState, TikTokAccount
from tiktok.posts import services
from tiktok.posts.consent import Consent
from tiktok.posts.creator import fetch_creator_info
from tiktok.posts.rules import PostOptions
from tiktok.posts.schedule import from_instant
from tiktok.posts.wording.codes import explain
from tiktok.tests.fixtures_posts import Submit, Worker, reread
from tiktok.tests.simulator_process import Simulator

MINUTE, HOUR = 60, 3600
PUBLISHED = (PostState.PUBLISHED, "", 1)
MISSED = (PostState.NEEDS_ATTENTION, AttentionReason.MISSED, 0)


def plan(account: TikTokAccount, video: Media, editor: User) -> Post:
    """In an hour."""
    options = PostOptions(caption="Later", privacy_level="SELF_ONLY")
    with instance_scope(account.instance):
        consent = Consent(editor, fetch_creator_info(account), "web", agreed=True)
        when = from_instant(read_db_now() + timedelta(hours=1), "UTC")
        post, _ = services.submit_post(
            account=account, files=[video], options=options, actor=editor, consent=consent, when=when
        )
    return post


def outcome(post: Post, instance: Instance, tiktok: Simulator) -> tuple[str, str, int]:
    """State, reason, and how often TikTok published it."""
    post = reread(post, instance)
    return post.state, post.attention_reason, len(tiktok.posts())


@pytest.mark.parametrize(
    ("off_s", "limit_s", "expected"),
    [
        (30 * MINUTE, 6 * HOUR, PUBLISHED),
        (2 * HOUR, 6 * HOUR, MISSED),
        (30 * MINUTE, 10 * MINUTE, MISSED),  # the limit applies to every kind of hold
        (2 * HOUR, 48 * HOUR, MISSED),  # it is no longer expected, however long a post may be held
        (50 * MINUTE, 48 * HOUR, PUBLISHED),
    ],
)
def test_scheduled_post_while_nothing_ran(
    linked: TikTokAccount, video: Media, editor: User, instance: Instance, worker: Worker, tiktok: Simulator,
    settings: Settings, client: Client, off_s: int, limit_s: int, expected: tuple[str, str, int],
) -> None:  # fmt: skip
    settings.LATE_LIMIT_S = limit_s
    post = plan(linked, video, editor)
    worker.run_due()
    worker.clock.advance(HOUR + off_s)
    worker.run_for(10 * MINUTE)
    assert outcome(post, instance, tiktok) == expected
    with instance_scope(instance):
        notices = list(Notice.objects.values_list("kind", "subject_id"))
    assert notices == ([] if expected is PUBLISHED else [("attention", post.pk)])
    client.force_login(editor)
    page = client.get(f"/i/aurora/posts/{post.pk}/").content.decode()
    assert (explain("missed").what in page, f"posts/{post.pk}/edit/" in page) == (expected is MISSED,) * 2


@pytest.mark.parametrize(
    ("off_s", "limit_s", "expected"),
    [
        (5 * HOUR, 6 * HOUR, PUBLISHED),
        (7 * HOUR, 6 * HOUR, MISSED),
        (2 * HOUR, HOUR, MISSED),
        (20 * HOUR, 24 * HOUR, PUBLISHED),
    ],
)
def test_post_that_was_due_may_start_until_the_late_limit(
    submit: Submit, instance: Instance, worker: Worker, tiktok: Simulator, settings: Settings,
    off_s: int, limit_s: int, expected: tuple[str, str, int],
) -> None:  # fmt: skip
    settings.LATE_LIMIT_S = limit_s
    post = submit(privacy_level="SELF_ONLY")
    worker.clock.advance(off_s)
    worker.run_for(10 * MINUTE)
    assert outcome(post, instance, tiktok) == expected


@pytest.mark.parametrize(("limit_s", "expected"), [(50 * MINUTE, MISSED), (3 * HOUR, PUBLISHED)])
def test_post_held_by_tiktok_waits_until_the_late_limit(
    submit: Submit, instance: Instance, worker: Worker, tiktok: Simulator, settings: Settings,
    limit_s: int, expected: tuple[str, str, int],
) -> None:  # fmt: skip
    settings.LATE_LIMIT_S = limit_s
    post = submit(privacy_level="SELF_ONLY")
    tiktok.create_app(post_cap=0)
    worker.run_for(MINUTE)
    if expected is PUBLISHED:
        assert reread(post, instance).state == PostState.DUE
        tiktok.create_app(post_cap=15)
        worker.run_for(HOUR + 2 * MINUTE)
    assert outcome(post, instance, tiktok) == expected
