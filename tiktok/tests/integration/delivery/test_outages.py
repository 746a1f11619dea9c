"""TikTok is away for hours: every post is tried as long as it has time, is published once, and says what happened."""

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from core.jobs.clock import read_db_now
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.access import outages
from tiktok.delivery.tries import MOST_UNANSWERED, tries_of
from tiktok.developer_apps.standing import outages as outage_findings
from tiktok.models import AttentionReason, Media, Post, PostEvent, PostState, TikTokAccount, TikTokApp, TikTokOutage
from tiktok.posts import queries, reposts, services
from tiktok.posts.consent import Consent
from tiktok.posts.creator import fetch_creator_info
from tiktok.posts.rules import PostOptions, options_of
from tiktok.posts.schedule import from_instant
from tiktok.tests.factories import make_media
from tiktok.tests.fixtures_posts import Submit, Worker, link_simulated, next_due, reread
from tiktok.tests.integration.delivery.outcomes import HOUR, published
from tiktok.tests.races import at_once
from tiktok.tests.simulator_process import Simulator

MINUTE = 60
Weather = Callable[[], None]
Plan = Callable[..., list[Post]]
INTERNAL, TIMED_OUT, UNAVAILABLE, REFUSED = "internal", "inits that time out", "503", "connection refused"


@pytest.fixture
def small_video(instance: Instance) -> Media:
    with instance_scope(instance):
        return make_media(instance, content=bytes(range(256)) * 16)


@pytest.fixture
def plan(tiktok: Simulator, simulated: TikTokApp, small_video: Media, editor: User, instance: Instance) -> Plan:
    """Posts at these times (seconds from now), by turns to some accounts."""

    def make(times: list[float], *, accounts: int) -> list[Post]:
        linked = [link_simulated(tiktok, simulated, instance, f"maren{n}") for n in range(accounts)]
        return [schedule(linked[n % accounts], at) for n, at in enumerate(times)]

    def schedule(account: TikTokAccount, seconds: float) -> Post:
        options = PostOptions(caption="Later", privacy_level="SELF_ONLY")
        with instance_scope(instance):
            consent = Consent(editor, fetch_creator_info(account), "web", agreed=True)
            when = from_instant(read_db_now() + timedelta(seconds=seconds), "UTC") if seconds else None
            post, _ = services.submit_post(
                account=account, files=[small_video], options=options, actor=editor, consent=consent, when=when
            )
        return post

    return make


@pytest.fixture
def break_tiktok(tiktok: Simulator, settings: Settings) -> Iterator[Callable[[str], Weather]]:
    """Let TikTok be ill in one of four ways; gives back what heals it."""
    address = tiktok.base_url

    def heal() -> None:
        tiktok.clear_faults()
        settings.TIKTOK_API_BASE_URL = address

    def fall_ill(how: str) -> Weather:
        if how == INTERNAL:
            tiktok.fault("fail_reason", reason="internal", times=-1)
        elif how == TIMED_OUT:
            tiktok.fault("lost_answer", "video_init", times=-1)
        elif how == UNAVAILABLE:
            tiktok.fault("server_error", status=503, times=-1)
        else:
            settings.TIKTOK_API_BASE_URL = "http://127.0.0.1:9"
        return heal

    yield fall_ill
    heal()


def states(posts: list[Post], instance: Instance) -> set[str]:
    return {reread(post, instance).state for post in posts}


def ends(tiktok: Simulator) -> dict[str, int]:
    """How many posts TikTok published, and how often it had to refuse a call for its rate."""
    too_many = [call for call in tiktok.requests() if call.status == 429]
    return {"published": len(published(tiktok)), "429": len(too_many)}


@pytest.mark.parametrize("how", [INTERNAL, TIMED_OUT, UNAVAILABLE, REFUSED])
def test_outage_of_hours_costs_no_post(
    plan: Plan, break_tiktok: Callable[[str], Weather], worker: Worker, tiktok: Simulator, instance: Instance, how: str
) -> None:
    posts = plan([0, 0, HOUR], accounts=2)
    heal = break_tiktok(how)
    worker.run_for(5 * HOUR)
    assert states(posts, instance) == {PostState.DUE}
    assert ends(tiktok) == {"published": 0, "429": 0}
    heal()
    worker.run_for(HOUR)
    assert states(posts, instance) == {PostState.PUBLISHED}
    assert ends(tiktok) == {"published": 3, "429": 0}


@pytest.mark.deep
@pytest.mark.parametrize("how", [INTERNAL, TIMED_OUT, UNAVAILABLE, REFUSED])
def test_twelve_posts_get_through_six_hours_without_tiktok(
    plan: Plan, break_tiktok: Callable[[str], Weather], worker: Worker, tiktok: Simulator, instance: Instance, how: str
) -> None:
    worker.steps = -100_000
    posts = plan([30 * MINUTE + n * 20 * MINUTE for n in range(12)], accounts=4)
    heal = break_tiktok(how)
    worker.run_for(6 * HOUR)
    assert states(posts, instance) == {PostState.DUE}
    heal()
    worker.run_for(HOUR)
    assert states(posts, instance) == {PostState.PUBLISHED}
    assert ends(tiktok) == {"published": 12, "429": 0}


@pytest.mark.parametrize(("how", "inits"), [(INTERNAL, 3), (TIMED_OUT, 10)])
def test_tries_are_spread_over_the_time_a_post_has(
    submit: Submit, break_tiktok: Callable[[str], Weather], worker: Worker, tiktok: Simulator, instance: Instance,
    how: str, inits: int,
) -> None:  # fmt: skip
    post = submit(privacy_level="SELF_ONLY")
    break_tiktok(how)
    worker.run_for(6 * HOUR)
    times = [call.at for call in tiktok.requests("video_init")]
    assert len(times) == inits
    assert times[-1] - times[0] > 5 * HOUR
    assert times[1] - times[0] < 11 * MINUTE
    assert reread(post, instance).state == PostState.FAILED


def test_end_keeps_what_tiktok_said_last(submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance) -> None:
    post = submit(privacy_level="SELF_ONLY")
    tiktok.fault("fail_reason", reason="internal", times=-1)
    worker.run_for(6 * HOUR)
    post = reread(post, instance)
    assert (post.state, post.error_code, post.tiktok_code) == (PostState.FAILED, "init_limit", "internal")
    assert post.log_id != ""


def test_every_refusal_of_an_init_stays_in_the_history(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, editor: User, client: Client
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    tiktok.fault("error", "video_init", status=500, code="internal_error", times=4)
    worker.run_for(HOUR)
    with instance_scope(instance):
        details = list(PostEvent.objects.filter(post=post, from_state="initing", to_state="due").values_list("detail"))
    assert [detail["code"] for (detail,) in details] == ["internal_error"] * 4
    log_ids = {detail["log_id"] for (detail,) in details}
    assert len(log_ids) == 4
    client.force_login(editor)
    page = client.get(f"/i/aurora/posts/{post.pk}/").content.decode()
    assert all(f"internal_error · log_id {log_id}" in page for log_id in log_ids)


def test_first_success_releases_all_that_wait(
    plan: Plan, break_tiktok: Callable[[str], Weather], worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    posts = plan([0, 0, 0, 3 * HOUR], accounts=4)
    heal = break_tiktok(INTERNAL)
    worker.run_for(2 * HOUR)
    heal()
    worker.run_for(HOUR + 5 * MINUTE)  # the fourth one is the first to try again
    assert states(posts, instance) == {PostState.PUBLISHED}
    assert ends(tiktok) == {"published": 4, "429": 0}


def test_success_of_another_creator_ends_a_long_outage(
    plan: Plan, break_tiktok: Callable[[str], Weather], worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    waiting, other = plan([0, 3 * HOUR], accounts=2)
    heal = break_tiktok(INTERNAL)
    worker.run_for(2 * HOUR)
    heal()
    worker.run_for(HOUR + 5 * MINUTE)  # the other one starts at its time
    assert states([waiting, other], instance) == {PostState.PUBLISHED}


def test_posts_that_fail_alone_keep_their_pauses(
    plan: Plan, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    unlucky, *_others = plan([0, *(MINUTE * (2 + 3 * n) for n in range(20))], accounts=2)
    tiktok.fault("error", "video_init", user="maren0", status=500, code="internal_error", times=-1)
    worker.run_for(2 * HOUR)
    assert reread(unlucky, instance).state == PostState.DUE
    with instance_scope(instance):
        assert tries_of(reread(unlucky, instance)).unanswered < MOST_UNANSWERED
    assert len(published(tiktok)) == 10


def test_post_that_goes_to_sleep_as_the_outage_ends_wakes_soon(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    tiktok.fault("fail_reason", reason="internal", times=2)
    worker.run_for(30 * MINUTE)
    assert (at := next_due()) is not None
    assert at - read_db_now() > timedelta(hours=4)
    TikTokOutage.objects.update(ended_at=read_db_now())  # another worker's success, while this one was at work
    with instance_scope(instance):
        outages.requeue(reread(post, instance))
    assert (at := next_due()) is not None
    assert at - read_db_now() <= timedelta(minutes=5)
    worker.run_for(10 * MINUTE)
    assert reread(post, instance).state == PostState.PUBLISHED


def test_post_moved_by_a_person_no_longer_belongs_to_the_outage(
    plan: Plan, break_tiktok: Callable[[str], Weather], worker: Worker, instance: Instance, editor: User
) -> None:
    (post,) = plan([0], accounts=1)
    break_tiktok(REFUSED)
    worker.run_for(HOUR)
    assert reread(post, instance).outage_id is not None
    with instance_scope(instance):
        held = reread(post, instance)
        same = services.Revision(options_of(held), queries.files_of(held))
        services.edit_post(held, revise=lambda _now: same, actor=editor)
    assert reread(post, instance).outage_id is None


def test_outage_and_its_end_are_logged_once(
    plan: Plan, break_tiktok: Callable[[str], Weather], worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    plan([0, 0, 0], accounts=3)
    heal = break_tiktok(UNAVAILABLE)
    caplog.set_level(logging.WARNING)
    worker.run_for(2 * HOUR)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    heal()
    worker.run_for(HOUR)
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


def test_one_fault_that_passes_is_no_outage(
    submit: Submit, worker: Worker, tiktok: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    submit(privacy_level="SELF_ONLY")
    tiktok.fault("lost_answer", "video_init")
    caplog.set_level(logging.WARNING)
    worker.run_for(HOUR)
    assert caplog.records == []
    assert TikTokOutage.objects.filter(ended_at=None).count() == 0


def test_doctor_has_one_finding_for_an_outage(
    plan: Plan, break_tiktok: Callable[[str], Weather], worker: Worker, simulated: TikTokApp
) -> None:
    plan([0, 0, 0], accounts=3)
    assert list(outage_findings(simulated)) == []
    heal = break_tiktok(INTERNAL)
    worker.run_for(2 * HOUR)
    (finding,) = outage_findings(simulated)
    assert "internal" in finding.text
    assert "3 posts" in finding.text
    heal()
    worker.run_for(4 * HOUR)
    assert list(outage_findings(simulated)) == []


# Reposting what an outage has cost


Lose = Callable[[str], list[Post]]


@pytest.fixture
def lose(plan: Plan, break_tiktok: Callable[[str], Weather], worker: Worker, settings: Settings) -> Lose:
    """Make four posts that run out of time while TikTok is ill, which is well again afterwards."""

    def make(how: str) -> list[Post]:
        settings.LATE_LIMIT_S = HOUR
        posts = plan([0, 0, 0, 0], accounts=2)
        heal = break_tiktok(how)
        worker.run_for(2 * HOUR)
        settings.LATE_LIMIT_S = 6 * HOUR
        heal()
        return posts

    return make


@pytest.mark.parametrize(
    ("how", "end"),
    [
        (INTERNAL, (PostState.FAILED, "")),
        (TIMED_OUT, (PostState.FAILED, "")),
        (REFUSED, (PostState.NEEDS_ATTENTION, AttentionReason.MISSED)),
    ],
)
def test_posts_of_one_outage_are_reposted_together(
    lose: Lose, worker: Worker, tiktok: Simulator, instance: Instance,
    editor: User, client: Client, how: str, end: tuple[str, str],
) -> None:  # fmt: skip
    posts = lose(how)
    assert {(reread(post, instance).state, reread(post, instance).attention_reason) for post in posts} == {end}
    client.force_login(editor)
    assert "4 posts" in client.get("/i/aurora/posts/").content.decode()
    (outage,) = {reread(post, instance).outage_id for post in posts}
    address = f"/i/aurora/posts/outages/{outage}/"
    page = client.get(address).content.decode()
    assert page.count("Later") == 4
    assert "Music Usage Confirmation" in page
    chosen = {"posts": [str(post.pk) for post in posts]}
    for _ in range(2):  # a double click
        client.post(address, chosen)
    worker.run_for(HOUR)
    assert ends(tiktok) == {"published": 4, "429": 0}
    assert client.get(address).headers["Location"] == "/i/aurora/posts/"
    assert str(outage) not in client.get("/i/aurora/posts/").content.decode()


def test_reposting_takes_only_what_was_chosen(
    lose: Lose, worker: Worker, tiktok: Simulator, editor: User,
    client: Client, instance: Instance,
) -> None:  # fmt: skip
    posts = lose(INTERNAL)
    client.force_login(editor)
    address = f"/i/aurora/posts/outages/{reread(posts[0], instance).outage_id}/"
    assert client.post(address, {"posts": [str(posts[0].pk)]}).status_code == 302
    worker.run_for(HOUR)
    assert len(published(tiktok)) == 1
    assert client.get(address).content.decode().count("Later") == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", [INTERNAL, REFUSED])
def test_two_people_who_repost_at_once_publish_once(
    lose: Lose, worker: Worker, tiktok: Simulator, instance: Instance,
    editor: User, how: str,
) -> None:  # fmt: skip
    posts = lose(how)

    def click() -> int:
        with instance_scope(instance):
            seen = list(Post.objects.filter(pk__in=[post.pk for post in posts]).select_related("account__instance"))
            return len(reposts.repost(seen, actor=editor).sent)

    assert sum(at_once(click, click, expect=())) == 4
    worker.run_for(HOUR)
    assert ends(tiktok) == {"published": 4, "429": 0}


def test_viewers_cannot_repost(lose: Lose, worker: Worker, viewer: User, client: Client, instance: Instance) -> None:
    posts = lose(INTERNAL)
    client.force_login(viewer)
    outage = reread(posts[0], instance).outage_id
    assert str(outage) not in client.get("/i/aurora/posts/").content.decode()
    assert client.post(f"/i/aurora/posts/outages/{outage}/", {"posts": [str(posts[0].pk)]}).status_code == 403


def test_post_that_cannot_be_reposted_does_not_stop_the_others(
    lose: Lose, worker: Worker, tiktok: Simulator, instance: Instance,
    editor: User,
) -> None:  # fmt: skip
    posts = lose(INTERNAL)
    with instance_scope(instance):
        TikTokAccount.objects.filter(pk=posts[0].account_id).update(status="disconnected")
        result = reposts.repost(Post.objects.filter(pk__in=[post.pk for post in posts]), actor=editor)
    assert (len(result.sent), len(result.refused)) == (2, 2)
    worker.run_for(HOUR)
    assert len(published(tiktok)) == 2
