"""Check status, resend, dismiss: when a person may, and what it does."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditLogEntry, User
from core.jobs.clock import pinned_clock, read_db_now
from core.web.refusals import UserRefusal
from instances.models import Instance
from tiktok.api.secret import Secret
from tiktok.api.types import PublishInit
from tiktok.delivery.init import keep_receipt
from tiktok.models import (
    AccountStatus,
    AttentionReason,
    EventCause,
    InvalidTransition,
    Media,
    Post,
    PostEvent,
    PostState,
    Quarantine,
    Submission,
    TikTokAccount,
    WorkItem,
)
from tiktok.posts import consent as consents
from tiktok.posts import decisions
from tiktok.posts.consent import Consent
from tiktok.posts.listing import PostFilter, Tab, list_posts
from tiktok.posts.rules import OptionsRefused
from tiktok.tests.factories import make_post, make_submission

A, S = AttentionReason, PostState
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def doubtful(account: TikTokAccount, media: Media, consent: Consent) -> Post:
    """Return a post handed to TikTok two hours ago, past the commit point, without a status since."""
    post = make_post(
        account, media, state=S.NEEDS_ATTENTION, attention_reason=A.OUTCOME_UNKNOWN, privacy_level="SELF_ONLY"
    )
    long_ago = timezone.now() - timedelta(hours=2)
    make_submission(post, init_sent_at=long_ago, commit_point_at=long_ago)
    consents.keep(post, consent)
    return post


def audited(post: Post) -> list[str]:
    return list(AuditLogEntry.objects.filter(target_id=str(post.pk)).order_by("at").values_list("action", flat=True))


def refused(post: Post, actor: User, service: Any) -> UserRefusal:
    with pytest.raises(UserRefusal) as caught:
        service(post, actor=actor)
    return caught.value


# Check status


def test_status_check_is_due_at_once_and_the_worker_keeps_its_claim(doubtful: Post, editor: User) -> None:
    WorkItem.objects.update(fence=7, lease_until=timezone.now() + MINUTE, lease_owner="x")
    decisions.recheck_post(doubtful, actor=editor)
    item = WorkItem.objects.get(post_id=doubtful.pk)
    assert item.next_action_at is not None
    assert (item.next_action_at <= read_db_now(), item.fence, item.lease_owner) == (True, 7, "x")
    assert audited(doubtful) == ["post.recheck"]


def test_checking_again_twice_asks_once(doubtful: Post, editor: User) -> None:
    for _ in range(2):
        decisions.recheck_post(doubtful, actor=editor)
    assert PostEvent.objects.filter(detail={"recheck": True}, actor=editor).count() == 1


@pytest.mark.parametrize(
    ("state", "reason", "code"),
    [
        (S.DRAFT, "", "state_conflict"),
        (S.DUE, "", "state_conflict"),
        (S.UPLOADING, "", "state_conflict"),
        (S.FAILED, "", "state_conflict"),
        (S.CANCELLED, "", "state_conflict"),
        (S.NEEDS_ATTENTION, A.MISSED, "state_conflict"),
        (S.NEEDS_ATTENTION, A.OUTCOME_UNKNOWN, "nothing_to_ask"),
        (S.NEEDS_ATTENTION, A.QUARANTINED, "nothing_to_ask"),
    ],
)
def test_where_there_is_nothing_to_ask_it_says_so(
    account: TikTokAccount, editor: User, state: str, reason: str, code: str
) -> None:
    post = make_post(account, state=state, attention_reason=reason)
    refusal = refused(post, editor, decisions.recheck_post)
    assert (refusal.code, refusal.further["state"]) == (code, state)
    assert refusal.user_message
    assert WorkItem.objects.get(post_id=post.pk).next_action_at is None


def test_unanswered_init_cannot_be_checked_until_its_receipt_arrives(doubtful: Post, editor: User) -> None:
    Submission.objects.update(publish_id="", commit_point_at=None)
    assert "did not return an upload ID" in refused(doubtful, editor, decisions.recheck_post).user_message
    submission = Submission.objects.get()
    keep_receipt(submission, PublishInit("v_pub_file~late", Secret("https://open-upload.tiktokapis.com/x")))
    decisions.recheck_post(doubtful, actor=editor)


@pytest.mark.parametrize(
    ("state", "privacy"), [(S.PROCESSING, ""), (S.IN_INBOX, ""), (S.PUBLISHED, "PUBLIC_TO_EVERYONE")]
)
def test_what_tiktok_may_still_speak_about_can_be_checked(
    account: TikTokAccount, editor: User, state: str, privacy: str
) -> None:
    post = make_post(account, state=state, privacy_level=privacy)
    make_submission(post, commit_point_at=timezone.now())
    decisions.recheck_post(post, actor=editor)
    assert WorkItem.objects.get(post_id=post.pk).next_action_at is not None


# Resend


def test_resending_closes_the_old_attempt_and_makes_the_post_due(doubtful: Post, editor: User) -> None:
    Post.objects.update(dismissed_at=timezone.now(), publish_local="2026-01-01T10:00:00", publish_status="X")
    fence = WorkItem.objects.get().fence
    decisions.send_again_post(doubtful, actor=editor)
    assert (doubtful.state, doubtful.attention_reason, doubtful.dismissed_at) == (S.DUE, "", None)
    assert (doubtful.publish_local, doubtful.publish_status) == ("", "")
    assert doubtful.publish_at is not None
    assert doubtful.deadline_at == doubtful.publish_at + timedelta(hours=6)
    assert Submission.objects.get().closed_because == "sent_again"
    item = WorkItem.objects.get()
    assert (item.fence > fence, item.next_action_at) == (True, doubtful.publish_at)
    event = PostEvent.objects.latest("id")
    assert (event.cause, event.actor) == (EventCause.RULE_R6, editor)
    assert audited(doubtful) == ["post.send_again"]


@pytest.mark.parametrize(
    ("is_past_commit_point", "minutes"),
    [(False, 15), (True, 65)],
)
def test_it_waits_until_tiktok_must_have_shown_the_first_one(
    doubtful: Post, editor: User, *, is_past_commit_point: bool, minutes: int
) -> None:
    init = timezone.now()
    Submission.objects.update(init_sent_at=init, commit_point_at=init if is_past_commit_point else None)
    allowed_at = init + minutes * MINUTE
    with pinned_clock(allowed_at - SECOND):
        refusal = refused(doubtful, editor, decisions.send_again_post)
    assert (refusal.code, refusal.further["allowed_at"]) == ("too_early", allowed_at.isoformat())
    rounded_up = allowed_at + timedelta(seconds=60, microseconds=-1)
    assert refusal.user_message.endswith(f", {rounded_up:%H:%M}.")
    assert Submission.objects.get().closed_at is None
    with pinned_clock(allowed_at):
        decisions.send_again_post(doubtful, actor=editor)


def test_what_a_restored_row_does_not_know_counts_from_the_quarantine(doubtful: Post, editor: User) -> None:
    Post.objects.update(attention_reason=A.QUARANTINED)
    Submission.objects.all().delete()
    doubtful.refresh_from_db()
    now = timezone.now()
    for held_at in (now - timedelta(days=3), now):  # the older one is another restore's
        PostEvent.objects.create(
            instance_id=doubtful.instance_id, post=doubtful, from_state=S.DUE, to_state=S.NEEDS_ATTENTION,
            reason=A.QUARANTINED, cause=EventCause.QUARANTINE, at=held_at,
        )  # fmt: skip
    refusal = refused(doubtful, editor, decisions.send_again_post)
    assert refusal.further["allowed_at"] == (now + 15 * MINUTE).isoformat()


@pytest.mark.parametrize(
    ("state", "reason"),
    [(S.PROCESSING, ""), (S.PUBLISHED, ""), (S.FAILED, ""), (S.DUE, ""), (S.NEEDS_ATTENTION, A.MISSED)],
)
def test_only_what_is_in_doubt_is_sent_again(doubtful: Post, editor: User, state: str, reason: str) -> None:
    Post.objects.update(state=state, attention_reason=reason)
    with pytest.raises(InvalidTransition):
        decisions.send_again_post(doubtful, actor=editor)
    assert Submission.objects.get().closed_at is None


def test_without_consent_account_or_file_nothing_is_sent_again(doubtful: Post, editor: User, media: Media) -> None:
    consents.void(doubtful)
    TikTokAccount.objects.update(status=AccountStatus.DISCONNECTED)
    media.deleted_at = timezone.now()
    media.save()
    with pytest.raises(OptionsRefused) as caught:
        decisions.send_again_post(Post.objects.get(), actor=editor)
    assert [problem.field for problem in caught.value.errors] == ["media", "consent", "account"]
    assert Post.objects.get().state == S.NEEDS_ATTENTION


def test_in_quarantine_nothing_is_sent_again(doubtful: Post, editor: User) -> None:
    Quarantine.objects.create(since=timezone.now())
    assert refused(doubtful, editor, decisions.send_again_post).code == "quarantine"


# Dismiss


def shown(scoped: Instance) -> tuple[int, int, int]:
    """How many posts the tabs list: all, those that need attention, dismissed ones."""
    tabs = {link.tab: link.count for link in list_posts(PostFilter()).tabs}
    return tabs[Tab.ALL], tabs[Tab.ATTENTION], tabs.get(Tab.DISMISSED, 0)


def test_dismissed_post_leaves_the_lists_until_it_is_restored(doubtful: Post, editor: User, scoped: Instance) -> None:
    assert shown(scoped) == (1, 1, 0)
    for _ in range(2):
        decisions.set_aside_post(doubtful, actor=editor)
    assert shown(scoped) == (0, 0, 1)
    for _ in range(2):
        decisions.take_up_post(doubtful, actor=editor)
    assert shown(scoped) == (1, 1, 0)
    assert audited(doubtful) == ["post.set_aside", "post.take_up"]


@pytest.mark.parametrize(("state", "reason"), [(S.DUE, ""), (S.NEEDS_ATTENTION, A.MISSED), (S.FAILED, "")])
def test_post_with_a_certain_outcome_cannot_be_dismissed(
    account: TikTokAccount, editor: User, state: str, reason: str
) -> None:
    post = make_post(account, state=state, attention_reason=reason)
    assert refused(post, editor, decisions.set_aside_post).code == "state_conflict"
