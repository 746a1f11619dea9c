"""Posts of unknown outcome: found by a webhook or on the profile if no other post can be meant, else left alone."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.jobs.clock import read_db_now
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.api.limits import LISTED_TEXT_MAX_CHARS
from tiktok.models import InitReceipt, Post, PostState, Submission, TikTokAccount, TikTokCredential
from tiktok.tests.factories import make_account, make_media
from tiktok.tests.integration.webhooks.stage import CAPTION, COMPLETE, DELIVERED, FAILED, PUBLIC, Stage

pytestmark = pytest.mark.django_db
S = PostState
PULL = {"source": "PULL_FROM_URL", "video_size": 0}
FOUND_BY_WEBHOOK = "Clipdesk found the upload at TikTok"
FOUND_ON_PROFILE = "Clipdesk found the post on the TikTok profile"


@pytest.fixture
def two_seconds(clip: Path) -> bytes:
    return clip.read_bytes()


def without_list(stage: Stage) -> None:
    """The owner has not allowed the list of videos: only webhooks help."""
    credential = TikTokCredential.objects.get(pk=stage.account.credential_id)
    credential.scopes = [scope for scope in credential.scopes if scope != "video.list"]
    credential.save(update_fields=["scopes"])


def doubtful(stage: Stage, publish_id: str = "", **fields: Any) -> Post:
    """A post of two seconds whose init was not answered, so that it may be published."""
    attempt = PULL | fields.pop("attempt", {})
    media = fields.pop("media", None)
    if media is None:
        with instance_scope(stage.instance):
            media = make_media(stage.instance, duration_ms=2000)
    state = fields.pop("state", S.NEEDS_ATTENTION)
    return stage.post(publish_id, state, media=media, attempt=attempt, **fields)


def publish(stage: Stage, publish_id: str) -> str:
    """TikTok publishes it and shows it on the profile; its public id."""
    stage.tiktok.finish(publish_id)
    stage.tiktok.reveal(publish_id)
    (shown,) = [seen for seen in stage.tiktok.posts() if seen.publish_id == publish_id]
    return str(shown.public_ids[0])


def is_left_alone(stage: Stage, post: Post) -> bool:
    after = stage.reread(post)
    return (after.state, after.attention_reason, after.post_ids) == (S.NEEDS_ATTENTION, "outcome_unknown", [])


# By a webhook


@pytest.fixture
def webhooks_alone(stage: Stage) -> Stage:
    without_list(stage)
    return stage


@pytest.mark.parametrize("event", [COMPLETE, PUBLIC])
def test_post_without_an_answer_is_found_by_a_webhook(webhooks_alone: Stage, event: str) -> None:
    stage = webhooks_alone
    post = doubtful(stage)
    publish_id = stage.send_to_tiktok()
    post_id = publish(stage, publish_id)
    stage.tell(event, publish_id, post_id=post_id)
    stage.apply()
    stage.come_again()

    after = stage.reread(post)
    assert (after.state, after.post_ids) == (S.PUBLISHED, [post_id])
    assert stage.titles(post)[-2:] == [FOUND_BY_WEBHOOK, "TikTok published the post"]


def test_webhook_that_came_first_is_found_later(webhooks_alone: Stage) -> None:
    """It came while the init was under way, which then ended without an answer."""
    stage = webhooks_alone
    post = doubtful(stage, state=S.INITING)
    publish_id = stage.send_to_tiktok()
    publish(stage, publish_id)
    stage.tell(COMPLETE, publish_id)
    with instance_scope(stage.instance):
        Post.objects.update(state=S.NEEDS_ATTENTION, attention_reason="outcome_unknown")
    stage.apply()

    assert stage.reread(post).state == S.PUBLISHED


def test_failure_of_a_doubtful_post_counts_once_tiktok_confirms_it(webhooks_alone: Stage) -> None:
    stage = webhooks_alone
    post = doubtful(stage)
    publish_id = stage.send_to_tiktok()
    stage.tell(FAILED, publish_id, reason="video_pull_failed")
    stage.apply()
    assert is_left_alone(stage, post)

    stage.tiktok.fail(publish_id, "video_pull_failed")
    stage.tell(FAILED, publish_id, reason="video_pull_failed", version=2)
    stage.apply()

    assert (stage.reread(post).state, stage.reread(post).fail_reason) == (S.FAILED, "video_pull_failed")


def test_found_post_follows_the_events_when_the_tokens_are_gone(webhooks_alone: Stage) -> None:
    stage = webhooks_alone
    post = doubtful(stage)
    publish_id = stage.send_to_tiktok()
    stage.withdraw()
    stage.tell(COMPLETE, publish_id)
    stage.apply()

    assert stage.reread(post).state == S.PUBLISHED


def another_doubtful(stage: Stage) -> None:
    doubtful(stage)


def one_in_another_instance(stage: Stage, other: Instance) -> None:
    with instance_scope(other):
        account = make_account(other, credential=stage.account.credential)
    doubtful(Stage(stage.tiktok, account, stage.worker, stage.knock))


def one_being_started(stage: Stage) -> None:
    stage.hold_back(doubtful(stage, state=S.INITING))


def one_resent(stage: Stage) -> None:
    """A person resent another post; its first attempt may be published as well."""
    doubtful(stage, state=S.FAILED, is_closed=True, attempt={"closed_because": "sent_again"})


def one_lost_by_a_restore(stage: Stage) -> None:
    post = doubtful(stage)
    with instance_scope(stage.instance):
        Submission.objects.filter(post=post).delete()
        Post.objects.filter(pk=post.pk).update(attention_reason="quarantined")


@pytest.mark.parametrize("rival", [another_doubtful, one_being_started, one_resent, one_lost_by_a_restore])
def test_webhook_that_another_post_can_mean_is_not_adopted(webhooks_alone: Stage, rival: Any) -> None:
    stage = webhooks_alone
    post = doubtful(stage)
    rival(stage)
    publish_id = stage.send_to_tiktok()
    publish(stage, publish_id)
    stage.tell(COMPLETE, publish_id)
    stage.apply()
    stage.come_again()

    assert is_left_alone(stage, post)


def test_webhook_that_a_post_of_another_instance_can_mean_is_not_adopted(
    webhooks_alone: Stage, other_instance: Instance
) -> None:
    stage = webhooks_alone
    post = doubtful(stage)
    one_in_another_instance(stage, other_instance)
    publish_id = stage.send_to_tiktok()
    publish(stage, publish_id)
    stage.tell(COMPLETE, publish_id)
    stage.apply()

    assert is_left_alone(stage, post)


def test_failure_of_an_attempt_that_was_given_up_does_not_end_the_post(webhooks_alone: Stage) -> None:
    """Its addresses were revoked before TikTok fetched anything, so it fails there, and its publish_id is unknown."""
    stage = webhooks_alone
    post = doubtful(stage)
    doubtful(stage, state=S.FAILED, is_closed=True, attempt={"closed_because": "init_unanswered"})
    publish_id = stage.send_to_tiktok()
    stage.tiktok.fail(publish_id, "video_pull_failed")
    stage.tell(FAILED, publish_id, reason="video_pull_failed")
    stage.apply()

    assert is_left_alone(stage, post)


def test_success_is_not_that_of_an_attempt_that_was_given_up(webhooks_alone: Stage) -> None:
    """TikTok got nothing of that one, so it cannot have been published."""
    stage = webhooks_alone
    post = doubtful(stage)
    doubtful(stage, state=S.FAILED, is_closed=True, attempt={"closed_because": "init_unanswered"})
    publish_id = stage.send_to_tiktok()
    publish(stage, publish_id)
    stage.tell(COMPLETE, publish_id)
    stage.apply()

    assert stage.reread(post).state == S.PUBLISHED


@pytest.mark.parametrize(
    ("fields", "changes"),
    [
        ({}, {"publish_type": "INBOX_SHARE"}),
        ({"mode": "MEDIA_UPLOAD"}, {"publish_type": "DIRECT_POST"}),
        ({}, {"at": timedelta(hours=-1)}),
        ({}, {"user_openid": "another"}),
    ],
)
def test_webhook_that_does_not_fit_is_not_adopted(
    webhooks_alone: Stage, fields: dict[str, Any], changes: dict[str, Any]
) -> None:
    stage = webhooks_alone
    post = doubtful(stage, **fields)
    publish_id = stage.send_to_tiktok()
    publish(stage, publish_id)
    if "at" in changes:
        changes = {"at": read_db_now() + changes["at"]}
    stage.tell(COMPLETE, publish_id, **changes)
    stage.apply()

    assert is_left_alone(stage, post)


def test_two_unknown_uploads_are_not_adopted(webhooks_alone: Stage) -> None:
    stage = webhooks_alone
    post = doubtful(stage)
    for _ in range(2):
        publish_id = stage.send_to_tiktok()
        publish(stage, publish_id)
        stage.tell(COMPLETE, publish_id)
    stage.apply()

    assert is_left_alone(stage, post)


def test_upload_of_another_post_is_not_adopted(webhooks_alone: Stage) -> None:
    """Its init was answered, though only its receipt knows so far."""
    stage = webhooks_alone
    post = doubtful(stage)
    other = doubtful(stage, state=S.INITING)
    publish_id = stage.send_to_tiktok()
    publish(stage, publish_id)
    with instance_scope(stage.instance):
        submission = Submission.objects.get(post=other)
    InitReceipt.objects.create(submission=submission, app=submission.app, publish_id=publish_id)
    stage.tell(COMPLETE, publish_id)
    stage.apply()

    assert is_left_alone(stage, post)


def test_delivered_draft_is_found_by_its_webhook(webhooks_alone: Stage) -> None:
    stage = webhooks_alone
    post = doubtful(stage, mode="MEDIA_UPLOAD", privacy_level="")
    publish_id = stage.send_to_tiktok(is_draft=True)
    stage.tiktok.finish(publish_id)
    stage.tell(DELIVERED, publish_id, publish_type="INBOX_SHARE")
    stage.apply()

    assert stage.reread(post).state == S.IN_INBOX


# On the profile


def listed(stage: Stage, video: bytes, **fields: Any) -> str:
    """A public video on the profile, which came through no webhook."""
    return publish(stage, stage.send_to_tiktok(video, **fields))


def test_post_is_found_on_the_profile(stage: Stage, two_seconds: bytes) -> None:
    post = doubtful(stage)
    listed(stage, two_seconds, caption="Another video")
    post_id = listed(stage, two_seconds)
    stage.worker.run_due()

    after = stage.reread(post)
    assert (after.state, after.post_ids) == (S.PUBLISHED, [post_id])
    assert after.share_urls == [f"https://www.tiktok.com/@maren/video/{post_id}"]
    assert stage.titles(post)[-1] == FOUND_ON_PROFILE
    with instance_scope(stage.instance):
        assert Submission.objects.get(post=post).closed_because == "published"


def test_post_is_found_on_the_profile_later(stage: Stage, two_seconds: bytes) -> None:
    post = doubtful(stage)
    stage.worker.run_for(3600)
    assert is_left_alone(stage, post)
    listed(stage, two_seconds)
    stage.worker.run_for(3600)

    assert stage.reread(post).state == S.PUBLISHED


def test_post_whose_status_is_stuck_is_found_on_the_profile(stage: Stage, two_seconds: bytes) -> None:
    stuck = stage.send_to_tiktok(two_seconds, caption="No such caption")
    post = doubtful(stage, stuck)
    stage.worker.run_due()
    assert is_left_alone(stage, post)
    post_id = listed(stage, two_seconds)
    stage.worker.run_for(600)

    assert (stage.reread(post).state, stage.reread(post).post_ids) == (S.PUBLISHED, [post_id])


def test_caption_that_tiktok_cuts_is_recognised(stage: Stage, two_seconds: bytes) -> None:
    caption = "a long caption \n" * 20
    post = doubtful(stage, caption=caption)
    assert len(caption) > LISTED_TEXT_MAX_CHARS
    listed(stage, two_seconds, caption=caption)
    stage.worker.run_due()

    assert stage.reread(post).state == S.PUBLISHED


@pytest.mark.parametrize(
    "fields",
    [
        {"caption": "Bread at six"},
        {"caption": ""},
        {"caption": CAPTION[:-1]},
        {"privacy_level": "SELF_ONLY"},
        {"mode": "MEDIA_UPLOAD", "privacy_level": ""},
    ],
)
def test_other_captions_and_other_audiences_are_not_found(
    stage: Stage, two_seconds: bytes, fields: dict[str, str]
) -> None:
    post = doubtful(stage, **fields)
    listed(stage, two_seconds)
    stage.worker.run_due()

    assert is_left_alone(stage, post)


def test_other_duration_is_not_found(stage: Stage, two_seconds: bytes) -> None:
    with instance_scope(stage.instance):
        media = make_media(stage.instance, duration_ms=3500)
    post = doubtful(stage, media=media)
    listed(stage, two_seconds)
    stage.worker.run_due()

    assert is_left_alone(stage, post)


@pytest.mark.parametrize("hours", [1, -30])
def test_video_of_another_time_is_not_found(stage: Stage, two_seconds: bytes, hours: int) -> None:
    """It is older than the init, or more than a day younger."""
    begun = read_db_now() + timedelta(hours=hours)
    post = doubtful(stage, attempt={"init_sent_at": begun, "commit_point_at": begun})
    listed(stage, two_seconds)
    stage.worker.run_due()

    assert is_left_alone(stage, post)


def test_two_videos_alike_are_not_adopted(stage: Stage, two_seconds: bytes) -> None:
    post = doubtful(stage)
    listed(stage, two_seconds)
    listed(stage, two_seconds)
    stage.worker.run_due()

    assert is_left_alone(stage, post)


def test_video_of_another_post_is_not_adopted_twice(stage: Stage, two_seconds: bytes) -> None:
    post_id = listed(stage, two_seconds)
    doubtful(stage, "v_pub~1", state=S.PUBLISHED, is_closed=True, post_ids=[post_id], published_at=read_db_now())
    post = doubtful(stage)
    stage.worker.run_due()

    assert is_left_alone(stage, post)


def rival_states() -> list[tuple[str, dict[str, Any]]]:
    return [
        (S.NEEDS_ATTENTION, {}),
        (S.PROCESSING, {"publish_id": "v_pub~2"}),
        (S.PUBLISHED, {"publish_id": "v_pub~2", "is_closed": True}),
        (S.IN_INBOX, {"publish_id": "v_inbox~2", "mode": "MEDIA_UPLOAD", "caption": ""}),
        (S.DUE, {"is_closed": True, "attempt": {"closed_because": "sent_again"}}),
    ]


@pytest.mark.parametrize(("state", "fields"), rival_states())
def test_video_that_another_post_can_be_is_not_adopted(
    stage: Stage, two_seconds: bytes, state: str, fields: dict[str, Any]
) -> None:
    post = doubtful(stage)
    rival = doubtful(stage, state=state, **fields)
    listed(stage, two_seconds)
    stage.hold_back(rival)
    stage.worker.run_due()

    assert is_left_alone(stage, post)


@pytest.mark.parametrize(
    ("state", "fields"),
    [
        (S.FAILED, {"is_closed": True}),
        (S.CANCELLED, {"is_closed": True}),
        (S.NEEDS_ATTENTION, {"caption": "Another caption"}),
        (S.PROCESSING, {"publish_id": "v_pub~2", "caption": "Another caption"}),
    ],
)
def test_post_that_cannot_be_the_video_is_no_rival(
    stage: Stage, two_seconds: bytes, state: str, fields: dict[str, Any]
) -> None:
    post = doubtful(stage)
    rival = doubtful(stage, state=state, **fields)
    listed(stage, two_seconds)
    stage.hold_back(rival)
    stage.worker.run_due()

    assert stage.reread(post).state == S.PUBLISHED


def test_video_that_a_post_of_another_instance_can_be_is_not_adopted(
    stage: Stage, two_seconds: bytes, other_instance: Instance
) -> None:
    post = doubtful(stage)
    one_in_another_instance(stage, other_instance)
    listed(stage, two_seconds)
    stage.worker.run_due()

    assert is_left_alone(stage, post)


def test_without_the_scope_the_profile_is_not_read(stage: Stage, two_seconds: bytes) -> None:
    without_list(stage)
    post = doubtful(stage)
    listed(stage, two_seconds)
    stage.worker.run_due()

    assert is_left_alone(stage, post)
    assert stage.tiktok.requests("video_list") == []


def test_profile_that_cannot_be_read_leaves_the_question_open(
    stage: Stage, two_seconds: bytes, linked: TikTokAccount
) -> None:
    post = doubtful(stage)
    listed(stage, two_seconds)
    stage.tiktok.fault("server_error", "video_list")
    stage.worker.run_due()
    assert is_left_alone(stage, post)

    stage.worker.run_for(120)
    assert stage.reread(post).state == S.PUBLISHED
