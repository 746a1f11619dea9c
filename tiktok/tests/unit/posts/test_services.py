"""Actions of people on posts, and the actions that are refused."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditLogEntry, User
from instances.models import Instance
from tiktok.models import (
    AccountStatus,
    AttentionReason,
    EventCause,
    InvalidTransition,
    Media,
    Person,
    Post,
    PostState,
    StaleState,
    Submission,
    TikTokAccount,
    WorkItem,
)  # fmt: skip
from tiktok.posts import consent as consents
from tiktok.posts import idempotency, queries, services
from tiktok.posts.consent import Consent
from tiktok.posts.idempotency import Idempotency, IdempotencyConflict
from tiktok.posts.rules import OptionsRefused, PostOptions
from tiktok.posts.schedule import TimeRefused, When, from_instant
from tiktok.tests.unit.posts.conftest import creator

OPTIONS = PostOptions(caption="Hello", privacy_level="SELF_ONLY")


@pytest.fixture
def draft(account: TikTokAccount, media: Media, editor: User) -> Post:
    return services.create_post(account=account, files=[media], options=OPTIONS, actor=editor)[0]


def in_an_hour() -> When:
    return from_instant(timezone.now() + timedelta(hours=1), "Europe/Vienna")


def edit(post: Post, actor: User, options: PostOptions, **more: Any) -> None:
    """Change the content, without a file."""
    services.edit_post(post, revise=lambda _now: services.Revision(options, files=[]), actor=actor, **more)


def test_a_draft_has_work_item_event_and_audit_line(draft: Post, scoped: Instance) -> None:
    assert draft.state == PostState.DRAFT
    assert WorkItem.objects.get(post_id=draft.pk).next_action_at is None
    assert [event.to_state for event in draft.events.all()] == [PostState.DRAFT]
    assert AuditLogEntry.objects.filter(action="post.create", target_id=str(draft.pk)).count() == 1


def test_the_same_request_twice_makes_one_post(account: TikTokAccount, media: Media, editor: User) -> None:
    key = Idempotency.of("k1", {"caption": "Hello", "n": 1})
    again = Idempotency.of("k1", {"n": 1, "caption": "Hello"})
    first, first_replayed = services.create_post(
        account=account, files=[media], options=OPTIONS, actor=editor, idempotency=key
    )
    second, second_replayed = services.create_post(
        account=account, files=[media], options=OPTIONS, actor=editor, idempotency=again
    )
    assert (first.pk, first_replayed, second_replayed) == (second.pk, False, True)
    assert Post.objects.count() == 1
    with pytest.raises(IdempotencyConflict):
        services.create_post(
            account=account, files=[media], options=OPTIONS, actor=editor, idempotency=Idempotency.of("k1", {"n": 2})
        )


def test_keys_are_forgotten_after_seven_days(account: TikTokAccount, editor: User) -> None:
    key = Idempotency.of("k1", {})
    post, _ = services.create_post(account=account, files=[], options=OPTIONS, actor=editor, idempotency=key)
    assert idempotency.forget_old_keys() == 0
    Post.objects.filter(pk=post.pk).update(created_at=timezone.now() - timedelta(days=8))
    assert idempotency.forget_old_keys() == 1
    assert idempotency.find_replay(key) is None


def test_publishing_now_makes_it_due_with_a_deadline_and_consent(draft: Post, consent: Consent, editor: User) -> None:
    services.publish_post(draft, when=None, consent=consent, actor=editor)
    assert draft.state == PostState.DUE
    assert draft.publish_at is not None
    assert draft.deadline_at == draft.publish_at + timedelta(hours=6)
    assert WorkItem.objects.get(post_id=draft.pk).next_action_at == draft.publish_at
    snapshot = consents.in_force(draft)
    assert snapshot is not None
    assert (snapshot.user, snapshot.text) == (editor, "By posting, you agree to TikTok's Music Usage Confirmation")
    assert snapshot.options["privacy_level"] == "SELF_ONLY"


def test_scheduling_stores_wall_time_zone_and_instant(draft: Post, consent: Consent, editor: User) -> None:
    when = in_an_hour()
    services.publish_post(draft, when=when, consent=consent, actor=editor)
    assert (draft.state, draft.publish_at, draft.publish_zone) == (PostState.SCHEDULED, when.at, "Europe/Vienna")
    assert draft.publish_local == when.local.isoformat(timespec="seconds")
    assert WorkItem.objects.get(post_id=draft.pk).next_action_at == when.at


def test_a_scheduled_post_can_get_another_time_under_new_consent(draft: Post, consent: Consent, editor: User) -> None:
    services.publish_post(draft, when=in_an_hour(), consent=consent, actor=editor)
    services.publish_post(draft, when=in_an_hour(), consent=consent, actor=editor)
    assert draft.state == PostState.SCHEDULED
    assert draft.consents.count() == 2
    assert draft.consents.filter(void_at=None).count() == 1


def test_a_time_that_has_passed_changes_nothing(draft: Post, consent: Consent, editor: User) -> None:
    past = from_instant(timezone.now() - timedelta(minutes=1), "UTC")
    with pytest.raises(TimeRefused):
        services.publish_post(draft, when=past, consent=consent, actor=editor)
    assert Post.objects.get(pk=draft.pk).state == PostState.DRAFT


def test_editing_a_scheduled_post_makes_it_a_draft_without_consent(draft: Post, consent: Consent, editor: User) -> None:
    services.publish_post(draft, when=in_an_hour(), consent=consent, actor=editor)
    edit(draft, editor, PostOptions(caption="New"))
    assert (draft.state, draft.publish_at, consents.in_force(draft)) == (PostState.DRAFT, None, None)
    assert WorkItem.objects.get(post_id=draft.pk).next_action_at is None
    assert Post.objects.get(pk=draft.pk).caption == "New"
    assert queries.files_of(draft) == ()


def test_without_agreement_nothing_is_sent(draft: Post, editor: User) -> None:
    refused = Consent(user=editor, creator_info=creator(), channel="api", agreed=False)
    with pytest.raises(OptionsRefused) as error:
        services.publish_post(draft, when=None, consent=refused, actor=editor)
    assert [problem.code for problem in error.value.errors] == ["consent_missing"]
    assert Post.objects.get(pk=draft.pk).state == PostState.DRAFT


def test_a_post_of_a_disconnected_account_cannot_be_sent(draft: Post, consent: Consent, editor: User) -> None:
    TikTokAccount.objects.filter(pk=draft.account_id).update(status=AccountStatus.DISCONNECTED)
    with pytest.raises(OptionsRefused) as error:
        services.publish_post(draft, when=None, consent=consent, actor=editor)
    assert [problem.code for problem in error.value.errors] == ["account_disconnected"]


@pytest.mark.parametrize("state", [PostState.INITING, PostState.PROCESSING, PostState.PUBLISHED])
def test_what_has_been_handed_over_cannot_be_edited(draft: Post, editor: User, state: PostState) -> None:
    Post.objects.filter(pk=draft.pk).update(state=state)
    with pytest.raises(InvalidTransition):
        edit(draft, editor, OPTIONS)
    assert Post.objects.get(pk=draft.pk).state == state


def test_another_version_than_the_one_that_was_seen_stays(draft: Post, editor: User) -> None:
    seen = queries.version_of(draft)
    edit(draft, editor, PostOptions(caption="First"))
    with pytest.raises(StaleState):
        edit(draft, editor, PostOptions(caption="Second"), seen=seen)
    assert Post.objects.get(pk=draft.pk).caption == "First"


def test_an_edit_that_cannot_be_sent_changes_nothing(draft: Post, consent: Consent, editor: User) -> None:
    services.publish_post(draft, when=in_an_hour(), consent=consent, actor=editor)
    sending = services.Sending(consent, from_instant(timezone.now() - timedelta(minutes=1), "UTC"))
    with pytest.raises(TimeRefused):
        edit(draft, editor, PostOptions(caption="New"), sending=sending)
    kept = Post.objects.get(pk=draft.pk)
    assert (kept.state, kept.caption) == (PostState.SCHEDULED, OPTIONS.caption)
    assert consents.in_force(kept) is not None


def test_a_service_decides_on_what_is_true_now(draft: Post, consent: Consent, editor: User) -> None:
    stale = Post.objects.get(pk=draft.pk)
    services.publish_post(draft, when=None, consent=consent, actor=editor)
    services.cancel_post(stale, actor=editor)
    assert stale.state == PostState.CANCELLED


@pytest.mark.parametrize("state", [PostState.INITING, PostState.PROCESSING, PostState.PUBLISHED])
def test_what_has_been_handed_over_cannot_be_cancelled(draft: Post, editor: User, state: PostState) -> None:
    Post.objects.filter(pk=draft.pk).update(state=state)
    with pytest.raises(InvalidTransition):
        services.cancel_post(draft, actor=editor)


@pytest.mark.parametrize("is_past_commit_point", [True, False])
def test_upload_is_cancelled_only_before_the_commit_point(
    draft: Post, editor: User, is_past_commit_point: bool
) -> None:
    Post.objects.filter(pk=draft.pk).update(state=PostState.UPLOADING)
    submission = Submission.objects.create(
        instance_id=draft.instance_id, post=draft, credential=draft.account.credential,
        app=draft.account.credential.app, number=1, video_size=1000, chunk_size=1000, total_chunk_count=1,
        media_sha256="", media_mtime_ns=0, media_inode=0, is_uploading=True,
        commit_point_at=timezone.now() if is_past_commit_point else None,
    )  # fmt: skip
    if is_past_commit_point:
        with pytest.raises(InvalidTransition) as error:
            services.cancel_post(draft, actor=editor)
        assert "too late" in error.value.user_message
    else:
        services.cancel_post(draft, actor=editor)
    submission.refresh_from_db()
    assert (submission.closed_because, submission.is_uploading) == (
        ("", True) if is_past_commit_point else ("cancelled", False)
    )


@pytest.mark.parametrize(
    ("state", "deletable"), [(state, state in services.DELETABLE) for state in PostState if state != "needs_attention"]
)
def test_only_what_cannot_be_published_is_deleted(draft: Post, editor: User, state: PostState, deletable: bool) -> None:
    Post.objects.filter(pk=draft.pk).update(state=state)
    if deletable:
        services.delete_post(draft, actor=editor)
    else:
        with pytest.raises(InvalidTransition):
            services.delete_post(draft, actor=editor)
    assert Post.objects.exists() is not deletable


def test_a_missed_post_can_be_published_again_with_consent(draft: Post, consent: Consent, editor: User) -> None:
    services.publish_post(draft, when=None, consent=consent, actor=editor)
    draft.transition(
        PostState.NEEDS_ATTENTION, cause=EventCause.CLOCK, by=Person(), reason=AttentionReason.MISSED, due_at=None
    )
    assert services.is_certainly_unpublished(draft)
    services.publish_post(draft, when=None, consent=consent, actor=editor)
    assert (draft.state, draft.attention_reason) == (PostState.DUE, "")


def test_correcting_a_failed_post_makes_a_new_draft(draft: Post, editor: User) -> None:
    Post.objects.filter(pk=draft.pk).update(state=PostState.FAILED)
    draft.refresh_from_db()
    new = services.correct_post(draft, actor=editor)
    assert (new.state, new.corrects, new.caption) == (PostState.DRAFT, draft, "Hello")
    assert queries.files_of(new) == queries.files_of(draft)


def test_submitting_makes_and_sends_in_one_act(
    account: TikTokAccount, media: Media, editor: User, consent: Consent
) -> None:
    wrong = PostOptions(caption="Hello")
    with pytest.raises(OptionsRefused):
        services.submit_post(account=account, files=[media], options=wrong, actor=editor, consent=consent, when=None)
    assert Post.objects.count() == 0
    post, is_replay = services.submit_post(
        account=account, files=[media], options=OPTIONS, actor=editor, consent=consent, when=None
    )
    assert (post.state, is_replay) == (PostState.DUE, False)
