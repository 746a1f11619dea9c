"""Handle posting events: a worker checks the post that they are about.

TikTok's status decides, so an event only makes the post's next check due now; delivery/news.py reads the event itself
where the status cannot tell. An event that comes before TikTok's answer to the init was saved waits for it.
"""

import logging
from typing import Final
from uuid import UUID

from django.db.models import Q

from core.jobs.clock import db_now
from instances.scoping import unscoped
from tiktok.api.webhooks import VISIBILITY, PostingEvent, posting_event
from tiktok.models import InitReceipt, Post, PostState, Submission, TikTokCredential, WebhookDelivery, WorkItem
from tiktok.webhooks.outcome import Later, Outcome, applies, ignores

log = logging.getLogger(__name__)
# In these a worker asks TikTok about the post.
CHECKED: Final = frozenset({PostState.PROCESSING, PostState.IN_INBOX, PostState.PUBLISHED})
# A worker is about to get there.
ON_THE_WAY: Final = frozenset({PostState.INITING, PostState.UPLOADING})


def check_post(row: WebhookDelivery) -> Outcome:
    """Make the post's next check due now, if the event may bring news about it. Raises Later."""
    if not row.publish_id:
        return ignores("no_publish_id")
    with unscoped(reason="a webhook names a publish_id of an app, whose posts are in any instance"):
        submission = _submission_of(row)
        if submission is None:
            return _look_for_owner(row)
        if submission.credential.open_id != row.user_openid:
            return ignores("other_user")
        return _check(row, submission)


def _submission_of(row: WebhookDelivery) -> Submission | None:
    answered = InitReceipt.objects.filter(app_id=row.app_id, publish_id=row.publish_id).values("submission_id")
    ours = Submission.objects.filter(Q(publish_id=row.publish_id) | Q(pk__in=answered), app_id=row.app_id)
    return ours.select_related("post", "credential").first()


def _check(row: WebhookDelivery, submission: Submission) -> Outcome:
    post = submission.post
    if post.state == PostState.PUBLISHED:
        return _wake(row, post)
    if submission.closed_at is not None:
        return _about_the_past(row, post)
    if post.state in CHECKED or post.is_in_doubt:
        return _wake(row, post)
    if post.state in ON_THE_WAY:
        if submission.commit_point_at is None or not submission.publish_id:
            raise Later("not_handed_over", post_id=post.pk)
        return _wake(row, post)
    return _about_the_past(row, post)


def _about_the_past(row: WebhookDelivery, post: Post) -> Outcome:
    """Ignore an event about an attempt that has ended; TikTok had said then that it failed, or a person resent it."""
    if posting_event(row.event) in (PostingEvent.COMPLETE, PostingEvent.PUBLIC):
        log.warning("webhook delivery %s (%s) contradicts the end of an attempt of post %s", row.pk, row.event, post.pk)
        return ignores("contradicts_end", post_id=post.pk)
    return ignores("attempt_ended", post_id=post.pk)


def _wake(row: WebhookDelivery, post: Post) -> Outcome:
    """Have the post checked now.

    The event comes again if a worker holds the post, which may have read the events already, and if it is about the
    visibility of a post that is not published so far.
    """
    if not _make_due(post.pk):
        raise Later("busy", post_id=post.pk)
    if posting_event(row.event) in VISIBILITY and post.state != PostState.PUBLISHED:
        raise Later("not_published", post_id=post.pk)
    return applies("checks_post", post_id=post.pk)


def _make_due(post_id: UUID) -> bool:
    is_free = Q(lease_until=None) | Q(lease_until__lte=db_now())
    return bool(WorkItem.objects.filter(is_free, post_id=post_id).update(next_action_at=db_now()))


def _look_for_owner(row: WebhookDelivery) -> Outcome:
    """Find whose unanswered init it may belong to; the worker decides (delivery/adoption.py)."""
    credential = TikTokCredential.objects.filter(app_id=row.app_id, open_id=row.user_openid).first()
    if credential is None:
        return ignores("unknown_user")
    unanswered = Submission.objects.filter(credential=credential, closed_at=None, publish_id="")
    posts = [submission.post for submission in unanswered.select_related("post")]
    if any(post.state in ON_THE_WAY for post in posts):
        raise Later("init_unanswered")
    doubtful = [post for post in posts if post.is_in_doubt]
    if not doubtful:
        return ignores("unknown_publish_id")
    are_due = [_make_due(post.pk) for post in doubtful]
    if not all(are_due):
        raise Later("busy")
    return applies("checks_doubtful_posts")
