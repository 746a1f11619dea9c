"""Actions of a person, or a caller of the API, on a post, and the text of the confirmation dialog."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.jobs.clock import read_db_now
from tiktok.models import AttentionReason, EventCause, MediaSource, Post, PostState, Submission
from tiktok.models.states import may_move
from tiktok.posts import quarantine
from tiktok.posts.decisions import send_again_from, why_not_recheck
from tiktok.posts.download_cancels import has_pending_cancel, is_download
from tiktok.posts.services import DELETABLE
from tiktok.posts.submissions import open_submission

CHECKABLE: Final = frozenset({PostState.UPLOADING, PostState.PROCESSING, PostState.IN_INBOX, PostState.PUBLISHED})


@dataclass(frozen=True, slots=True)
class Actions:
    """Actions that a page offers. ``send_again_at``: the earliest resend, while it is too early. Notes explain gaps.

    ``stop_download``: to cancel is to ask TikTok to stop its download, which it may not do.
    """

    is_in_doubt: bool = False
    recheck: bool = False
    recheck_note: str = ""
    send_again: bool = False
    send_again_at: datetime | None = None
    facts: tuple[str, ...] = ()
    too_late: str = ""
    stop_download: bool = False

    @property
    def confirmation(self) -> str:
        """The facts as the text of the confirmation dialog."""
        return "\n\n".join(self.facts)


def actions_for(post: Post) -> Actions:
    """Return every action that the post's state allows; permissions are checked elsewhere."""
    submission = open_submission(post)
    if post.is_in_doubt:
        return _in_doubt(post, submission)
    can_recheck = post.state in CHECKABLE and why_not_recheck(post, submission) is None
    if post.state == PostState.PROCESSING and is_download(submission):
        if has_pending_cancel(post):
            return Actions(recheck=can_recheck, too_late=_("Clipdesk has asked TikTok to stop downloading."))
        return Actions(recheck=can_recheck, stop_download=True)
    return Actions(recheck=can_recheck, too_late=_too_late(post, submission))


def calls_for(post: Post) -> list[str]:
    """Return the API calls that the post's state allows, by the last part of their addresses."""
    submission, state = open_submission(post), PostState(post.state)
    reason = AttentionReason(post.attention_reason) if post.attention_reason else None

    def may_become(to: PostState) -> bool:
        is_past_commit_point = bool(submission and submission.commit_point_at)
        return may_move(state, to, EventCause.PERSON, is_past_commit_point=is_past_commit_point, old_reason=reason)

    allowed = {
        "change": state == PostState.DRAFT or may_become(PostState.DRAFT),
        "publish": may_become(PostState.DUE),
        "cancel": may_become(PostState.CANCELLED) or (state == PostState.PROCESSING and is_download(submission)),
        "delete": state in DELETABLE,
        "recheck": why_not_recheck(post, submission) is None,
        "send-again": post.is_in_doubt,
    }
    return [call for call, is_allowed in allowed.items() if is_allowed]


def _in_doubt(post: Post, submission: Submission | None) -> Actions:
    refusal = why_not_recheck(post, submission)
    allowed_at = send_again_from(post)
    is_too_early = allowed_at > read_db_now()
    return Actions(
        is_in_doubt=True,
        recheck=refusal is None,
        recheck_note=refusal.user_message if refusal else "",
        send_again=not is_too_early and not quarantine.since(),
        send_again_at=allowed_at if is_too_early else None,
        facts=facts_of(post, submission),
    )


def _too_late(post: Post, submission: Submission | None) -> str:
    """Return why the post cannot be cancelled; empty if it can, or if it has ended."""
    if post.state == PostState.INITING:
        return _("Clipdesk is handing this post to TikTok. You can cancel it again in a moment.")
    if post.state == PostState.PROCESSING or (
        post.state == PostState.UPLOADING and submission and submission.commit_point_at
    ):
        return _("Too late to cancel: TikTok has the post. Delete it in the TikTok app once it is there.")
    return ""


def facts_of(post: Post, submission: Submission | None) -> tuple[str, ...]:
    """Return what is known, what may happen and where to look, to be read before a resend."""
    what_may_happen = _("If the first upload is published, or still gets published, the post appears twice on TikTok.")
    how = _("Look in the TikTok app first: the profile of @%(username)s, its private videos and its inbox.")
    return (_known(post, submission), what_may_happen, how % {"username": post.account.username})


def _known(post: Post, submission: Submission | None) -> str:
    if submission is None:
        return _("Clipdesk has no record of an upload, but a restored backup does not include what happened after it.")
    at = timezone.localtime(submission.init_sent_at, post.account.instance.zone)
    if submission.source == MediaSource.PULL_FROM_URL:
        text = _("TikTok was asked to download the files on %(time)s and may have them.")
    elif submission.commit_point_at:
        text = _("The whole video was sent to TikTok. The upload started on %(time)s.")
    else:
        text = _("An upload to TikTok started on %(time)s. According to Clipdesk’s records it was not completed.")
    known = [text % {"time": f"{date_format(at, 'DATETIME_FORMAT')} ({at.tzinfo})"}]
    if post.attention_reason == AttentionReason.QUARANTINED:
        known.append(_("It is not known what happened after the backup."))
    if post.publish_status:
        known.append(_("TikTok’s last status: %(status)s.") % {"status": post.publish_status})
    return " ".join(known)
