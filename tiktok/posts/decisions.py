"""What people decide about a post that TikTok has, or may have: check again, send again, set aside.

Each is one transaction with its audit line, like the services beside it; nothing here talks to TikTok.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from core.jobs.clock import db_now, read_db_now
from core.web.refusals import FieldError, UserRefusal
from instances.acting import needs
from instances.notices.write import settle_notices
from instances.roles import Permission
from tiktok.models import (
    AttentionReason,
    EventCause,
    InvalidTransition,
    Person,
    Post,
    PostEvent,
    PostState,
    StaleState,
    Submission,
    WorkItem,
)
from tiktok.models.states import MAYBE_PUBLISHED
from tiktok.posts import consent as consents
from tiktok.posts.quarantine import refuse_in_quarantine
from tiktok.posts.queries import is_without_link, media_of
from tiktok.posts.rules import check_options, options_of
from tiktok.posts.services import NOTHING_WRONG, deadline_for, locked, note_act, refuse, unusable
from tiktok.posts.status_checks import has_pending_check
from tiktok.posts.submissions import askable_publish_id, close_submission, open_submission

# Rule R6. TikTok needs a while to show what it has; past the point of no return the upload URL must be dead as well.
SEND_AGAIN_AFTER: Final = timedelta(minutes=15)
SEND_AGAIN_AFTER_NO_RETURN: Final = timedelta(minutes=65)


def is_in_doubt(post: Post) -> bool:
    """Whether it may be published without anybody here knowing."""
    return post.state == PostState.NEEDS_ATTENTION and post.attention_reason in MAYBE_PUBLISHED


# Check again


@needs(Permission.POST_PUBLISH)
def recheck_post(post: Post, *, actor: User) -> None:
    """Let TikTok be asked now. Twice is as good as once. Raises UserRefusal where there is nothing to ask.

    Whoever works on the post goes on: a worker that is asking at this moment brings the answer.
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
    """What stands in the way of asking TikTok; None when it may still have a word on this post."""
    if post.state in (PostState.PROCESSING, PostState.IN_INBOX) or is_without_link(post):
        return None
    if post.state == PostState.UPLOADING and submission and submission.pnr_at:
        return None
    if not is_in_doubt(post):
        text = _("There is nothing to ask TikTok about a post that is “%(state)s”.")
        return UserRefusal("state_conflict", text % {"state": post.get_state_display()}, state=post.state)
    if submission is None:
        text = _("Clipdesk knows of no upload of this post, so there is nothing to ask TikTok about.")
        return UserRefusal("nothing_to_ask", text, state=post.state)
    if not askable_publish_id(submission):
        text = _("TikTok never gave an id for this post, so there is nothing to ask it about.")
        return UserRefusal("nothing_to_ask", text, state=post.state)
    return None


# Send again


@needs(Permission.POST_SEND_AGAIN)
def send_again_post(post: Post, *, actor: User) -> None:
    """Rule R6: hand over anew what may already be out. The person has been warned and has agreed.

    Raises InvalidTransition, OptionsRefused, and UserRefusal: too early, in quarantine, or without consent.
    """
    with locked(post, actor) as person:
        if not is_in_doubt(post):
            raise InvalidTransition(post.state, PostState.DUE)
        _refuse_send_again(post)
        now = read_db_now()
        times: dict[str, Any] = {"publish_at": now, "publish_local": "", "publish_zone": ""}
        post.transition(
            PostState.DUE,
            cause=EventCause.RULE_R6,
            by=person,
            wake=now,
            deadline_at=deadline_for(now),
            **times,
            **NOTHING_WRONG,
        )
        close_submission(post, because="sent_again")
        note_act("post.send_again", post, actor)


def _refuse_send_again(post: Post) -> None:
    refuse_in_quarantine(post)
    if (allowed_at := send_again_from(post)) > read_db_now():
        text = _("It is too early to send this again: TikTok may still show the first one. Allowed from %(time)s UTC.")
        message = text % {"time": f"{allowed_at:%Y-%m-%d %H:%M:%S}"}
        raise UserRefusal("too_early", message, state=post.state, allowed_at=allowed_at.isoformat())
    audited = post.account.credential.app.is_audited
    problems = check_options(options_of(post), media=media_of(post), creator=None, app_audited=audited)
    if consents.in_force(post) is None:
        problems.append(FieldError("consent", "consent_missing", _("Nobody's consent to publish this is in force.")))
    refuse(problems + unusable(post.account))


def send_again_from(post: Post) -> datetime:
    """From when on rule R6 allows it.

    A restored row may know less than happened, so a quarantined post also waits from the moment it was held.
    """
    moments = [post.created_at]
    if submission := open_submission(post):
        wait = SEND_AGAIN_AFTER_NO_RETURN if submission.pnr_at else SEND_AGAIN_AFTER
        moments.append(submission.init_sent_at + wait)
    if post.attention_reason == AttentionReason.QUARANTINED:
        events = PostEvent.objects.filter(post=post, to_state=PostState.NEEDS_ATTENTION, reason=post.attention_reason)
        moments += [event.at + SEND_AGAIN_AFTER for event in events.order_by("-id")[:1]]
    return max(moments)


# Set aside


@needs(Permission.POST_PUBLISH)
def set_aside_post(post: Post, *, actor: User) -> None:
    """Off the lists, until TikTok says something about it or somebody takes it up again. Raises UserRefusal."""
    with locked(post, actor) as person:
        if not is_in_doubt(post):
            text = _("Only a post of which it is not known whether it was published can be set aside.")
            raise UserRefusal("state_conflict", text, state=post.state)
        if post.dismissed_at is None:
            _set_dismissed(post, timezone.now())
            _note(post, person, set_aside=True)
            settle_notices(post.pk)
            note_act("post.set_aside", post, actor)


@needs(Permission.POST_PUBLISH)
def take_up_post(post: Post, *, actor: User) -> None:
    """Back on the lists. Twice is as good as once."""
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
