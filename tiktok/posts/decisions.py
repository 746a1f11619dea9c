"""Decisions of people about a post that TikTok has, or may have: check status, resend, dismiss.

Each is one transaction with its audit line, like ``services``; nothing here calls TikTok.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from core.jobs.clock import db_now, read_db_now
from core.web.refusals import FieldError, UserRefusal
from core.web.times import date_text
from instances.acting import needs
from instances.notices.write import resolve_notices
from instances.roles import Permission
from tiktok.models import (
    AttentionReason,
    EventCause,
    InvalidTransition,
    MediaSource,
    Person,
    Post,
    PostEvent,
    PostState,
    StaleState,
    Submission,
    WorkItem,
)
from tiktok.posts import consent as consents
from tiktok.posts.quarantine import refuse_in_quarantine
from tiktok.posts.queries import files_of, is_without_link
from tiktok.posts.rules import check_options, options_of
from tiktok.posts.services import NOTHING_WRONG, deadline_for, locked, note_act, refuse, unusable
from tiktok.posts.status_checks import has_pending_check
from tiktok.posts.submissions import askable_publish_id, close_submission, open_submission

# Rule R6. TikTok needs a while to show what it has; past the point of no return the upload URL must be dead as well.
SEND_AGAIN_AFTER: Final = timedelta(minutes=15)
SEND_AGAIN_AFTER_COMMIT_POINT: Final = timedelta(minutes=65)
WHOLE_MINUTE: Final = timedelta(seconds=60, microseconds=-1)  # pages show minutes: round up, never too early


# Check status


@needs(Permission.POST_PUBLISH)
def recheck_post(post: Post, *, actor: User) -> None:
    """Request a status check now; harmless when repeated. Raises UserRefusal if there is nothing to check.

    A worker that is checking at this moment continues and brings the answer.
    """
    with transaction.atomic():
        if not WorkItem.objects.filter(post_id=post.pk).update(next_action_at=db_now()):
            raise StaleState(f"{post.pk} has no work item")
        post.refresh_from_db()
        if refusal := why_not_recheck(post, open_submission(post)):
            raise refusal
        if post.state != PostState.PROCESSING and not has_pending_check(post):
            _note(post, Person(actor), recheck=True)
            note_act("post.recheck", post, actor)


def why_not_recheck(post: Post, submission: Submission | None) -> UserRefusal | None:
    """Return why the status cannot be checked; None if TikTok may still have one."""
    if post.state in (PostState.PROCESSING, PostState.IN_INBOX) or is_without_link(post):
        return None
    if post.state == PostState.UPLOADING and submission and submission.commit_point_at:
        return None
    if not post.is_in_doubt:
        text = _("There is no status to check. The post’s state is “%(state)s”.")
        return UserRefusal("state_conflict", text % {"state": post.get_state_display()}, state=post.state)
    if submission is None:
        text = _("Clipdesk has no record of an upload of this post, so there is no status to check.")
        return UserRefusal("nothing_to_ask", text, state=post.state)
    if not askable_publish_id(submission):
        text = _("TikTok did not return an upload ID for this post, so there is no status to check.")
        return UserRefusal("nothing_to_ask", text, state=post.state)
    return None


# Resend


@needs(Permission.POST_SEND_AGAIN)
def send_again_post(post: Post, *, actor: User) -> None:
    """Resend a post that may already be published (rule R6), after the person has been warned and has agreed.

    Raises InvalidTransition, OptionsRefused, and UserRefusal: too early, in quarantine, or without consent.
    """
    with locked(post, actor) as person:
        if not post.is_in_doubt:
            raise InvalidTransition(post.state, PostState.DUE)
        _refuse_send_again(post)
        now = read_db_now()
        times: dict[str, Any] = {"publish_at": now, "publish_local": "", "publish_zone": ""}
        post.transition(
            PostState.DUE,
            cause=EventCause.RULE_R6,
            by=person,
            due_at=now,
            deadline_at=deadline_for(now),
            **times,
            **NOTHING_WRONG,
        )
        close_submission(post, because="sent_again")
        note_act("post.send_again", post, actor)


def _refuse_send_again(post: Post) -> None:
    refuse_in_quarantine(post)
    if (allowed_at := send_again_from(post)) > read_db_now():
        text = _("It is too early to resend this post. TikTok may still show the first upload until %(time)s.")
        message = text % {"time": date_text(allowed_at + WHOLE_MINUTE)}
        raise UserRefusal("too_early", message, state=post.state, allowed_at=allowed_at.isoformat())
    app = post.account.credential.app
    problems = check_options(
        options_of(post), files=files_of(post), creator=None, app_audited=app.is_audited, can_pull=app.can_pull
    )
    if consents.in_force(post) is None:
        problems.append(
            FieldError(
                "consent",
                "consent_missing",
                _("There is no valid consent to publish this post. Edit it and publish it again."),
            )
        )
    refuse(problems + unusable(post.account))


def send_again_from(post: Post) -> datetime:
    """Return the earliest time at which rule R6 allows a resend.

    A restored row may miss what happened last, so a quarantined post also waits from the moment it was put on hold.
    """
    moments = [post.created_at]
    if submission := open_submission(post):
        may_continue = submission.commit_point_at and submission.source == MediaSource.FILE_UPLOAD
        wait = SEND_AGAIN_AFTER_COMMIT_POINT if may_continue else SEND_AGAIN_AFTER
        moments.append(submission.init_sent_at + wait)
    if post.attention_reason == AttentionReason.QUARANTINED:
        events = PostEvent.objects.filter(post=post, to_state=PostState.NEEDS_ATTENTION, reason=post.attention_reason)
        moments += [event.at + SEND_AGAIN_AFTER for event in events.order_by("-id")[:1]]
    return max(moments)


# Dismiss


@needs(Permission.POST_PUBLISH)
def set_aside_post(post: Post, *, actor: User) -> None:
    """Take the post off the lists until TikTok gives a status or a person restores it. Raises UserRefusal."""
    with locked(post, actor) as person:
        if not post.is_in_doubt:
            text = _("You can only dismiss a post if it is not known whether it was published.")
            raise UserRefusal("state_conflict", text, state=post.state)
        if post.dismissed_at is None:
            _set_dismissed(post, timezone.now())
            _note(post, person, set_aside=True)
            resolve_notices(post.pk)
            note_act("post.set_aside", post, actor)


@needs(Permission.POST_PUBLISH)
def take_up_post(post: Post, *, actor: User) -> None:
    """Put the post back on the lists; harmless when repeated."""
    with locked(post, actor) as person:
        if post.dismissed_at is not None:
            _set_dismissed(post, None)
            _note(post, person, set_aside=False)
            note_act("post.take_up", post, actor)


def _set_dismissed(post: Post, at: datetime | None) -> None:
    Post.objects.filter(pk=post.pk).update(dismissed_at=at, updated_at=timezone.now())
    post.dismissed_at = at


def _note(post: Post, person: Person, **detail: bool) -> None:
    PostEvent.note(post, to=PostState(post.state), cause=EventCause.PERSON, by=person, detail=dict(detail))
