"""Cancelling a post whose media TikTok is downloading, as lines of its history.

A person asks, a worker asks TikTok, and TikTok's status decides: the post is cancelled only if TikTok confirms it.
"""

from typing import Any, Final

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from core.jobs.clock import db_now
from core.web.refusals import UserRefusal
from instances.acting import needs
from instances.roles import Permission
from tiktok.models import EventCause, MediaSource, Post, PostEvent, PostState, Submission
from tiktok.posts.services import cancel_post, locked, note_act
from tiktok.posts.submissions import open_submission

# Keys in an event's detail.
CANCEL: Final = "cancel_download"
ANSWER: Final = "cancel_answer"
STOPPED: Final = "ok"  # TikTok's answer when it agrees to stop


def cancel(post: Post, *, actor: User) -> None:
    """Cancel a post, or ask TikTok to stop its download. Raises what the two services raise."""
    if can_cancel_download(post):
        cancel_download(post, actor=actor)
    else:
        cancel_post(post, actor=actor)


@needs(Permission.POST_WRITE)
def cancel_download(post: Post, *, actor: User) -> None:
    """Ask TikTok to stop its download of the post's media; harmless when repeated.

    The post stays in processing until TikTok's status says that it was cancelled, or published after all. Raises
    UserRefusal when TikTok is not downloading.
    """
    with locked(post, actor) as person:
        if not can_cancel_download(post):
            text = _("TikTok is not downloading this post’s media. The post’s state is “%(state)s”.")
            raise UserRefusal("state_conflict", text % {"state": post.get_state_display()}, state=post.state)
        person.guard(post, db_now())
        if not has_pending_cancel(post):
            PostEvent.note(post, to=PostState.PROCESSING, cause=EventCause.PERSON, by=person, detail={CANCEL: True})
            note_act("post.cancel_download", post, actor)


def can_cancel_download(post: Post) -> bool:
    """Return whether TikTok may still be downloading; it refuses when everything is there."""
    return post.state == PostState.PROCESSING and is_download(open_submission(post))


def is_download(submission: Submission | None) -> bool:
    """Return whether TikTok downloads the media of an attempt, and has said under which id."""
    return submission is not None and submission.source == MediaSource.PULL_FROM_URL and bool(submission.publish_id)


def has_pending_cancel(post: Post) -> bool:
    """Return whether a person asked to cancel the download and TikTok has not answered yet."""
    lines = Q(detail__has_key=CANCEL) | Q(detail__has_key=ANSWER)
    last = PostEvent.objects.filter(lines, post=post).order_by("-id").first()
    return last is not None and CANCEL in last.detail


def cancel_answer(code: str) -> dict[str, Any]:
    """Return TikTok's answer as a detail of the history: "ok", or why it did not stop."""
    return {ANSWER: code[:80]}
