"""What a page offers a person for a post that TikTok has, or may have, and what it says first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.jobs.clock import read_db_now
from tiktok.models import AttentionReason, EventCause, Post, PostState, Submission
from tiktok.models.states import may_move
from tiktok.posts import quarantine
from tiktok.posts.decisions import is_in_doubt, send_again_from, why_not_recheck
from tiktok.posts.services import DELETABLE
from tiktok.posts.submissions import open_submission

CHECKABLE: Final = frozenset({PostState.UPLOADING, PostState.PROCESSING, PostState.IN_INBOX, PostState.PUBLISHED})


@dataclass(frozen=True, slots=True)
class Offers:
    """``send_again_at``: from when on sending again is allowed, while it is not. Notes say why something is missing."""

    is_in_doubt: bool = False
    recheck: bool = False
    recheck_note: str = ""
    send_again: bool = False
    send_again_at: datetime | None = None
    facts: tuple[str, ...] = ()
    too_late: str = ""

    @property
    def question(self) -> str:
        """The facts as the text of a dialog."""
        return "\n\n".join(self.facts)


def offers_for(post: Post) -> Offers:
    """Everything there is to offer; who may take it is for the page to say."""
    submission = open_submission(post)
    if is_in_doubt(post):
        return _in_doubt(post, submission)
    can_recheck = post.state in CHECKABLE and why_not_recheck(post, submission) is None
    return Offers(recheck=can_recheck, too_late=_too_late(post, submission))


def calls_for(post: Post) -> list[str]:
    """What a program can do with a post in its state, by the names of the API: the last part of each address."""
    submission, state = open_submission(post), PostState(post.state)
    reason = AttentionReason(post.attention_reason) if post.attention_reason else None

    def may_become(to: PostState) -> bool:
        has_pnr = bool(submission and submission.pnr_at)
        return may_move(state, to, EventCause.PERSON, has_pnr=has_pnr, old_reason=reason)

    allowed = {
        "change": state == PostState.DRAFT or may_become(PostState.DRAFT),
        "publish": may_become(PostState.DUE),
        "cancel": may_become(PostState.CANCELLED),
        "delete": state in DELETABLE,
        "recheck": why_not_recheck(post, submission) is None,
        "send-again": is_in_doubt(post),
    }
    return [call for call, is_allowed in allowed.items() if is_allowed]


def _in_doubt(post: Post, submission: Submission | None) -> Offers:
    refusal = why_not_recheck(post, submission)
    allowed_at = send_again_from(post)
    is_too_early = allowed_at > read_db_now()
    return Offers(
        is_in_doubt=True,
        recheck=refusal is None,
        recheck_note=refusal.user_message if refusal else "",
        send_again=not is_too_early and not quarantine.since(),
        send_again_at=allowed_at if is_too_early else None,
        facts=facts_of(post, submission),
    )


def _too_late(post: Post, submission: Submission | None) -> str:
    """In place of a button to cancel; empty where it is no question."""
    if post.state == PostState.INITING:
        return _("It is being handed to TikTok right now: it can be cancelled again in a moment.")
    if post.state == PostState.PROCESSING or (post.state == PostState.UPLOADING and submission and submission.pnr_at):
        return _("Too late to cancel: it has been handed to TikTok. Once it is there, delete it in the TikTok app.")
    return ""


def facts_of(post: Post, submission: Submission | None) -> tuple[str, ...]:
    """What is known, what may happen, and how to look: the sentences before somebody sends again."""
    what_may_happen = _("If the first one is out already, or still comes out, the post appears twice on TikTok.")
    how = _("Look first: in the TikTok app, the profile of @%(username)s, its private videos and its inbox.")
    return (_known(post, submission), what_may_happen, how % {"username": post.account.username})


def _known(post: Post, submission: Submission | None) -> str:
    if submission is None:
        return _("Clipdesk knows of no upload, but a restored backup does not know what happened after it was made.")
    at = timezone.localtime(submission.init_sent_at, post.account.instance.zone)
    if submission.pnr_at:
        text = _("The whole video was sent to TikTok; the upload began on %(time)s.")
    else:
        text = _("An upload to TikTok began on %(time)s; as far as Clipdesk knows the end of the video was not sent.")
    known = [text % {"time": f"{date_format(at, 'DATETIME_FORMAT')} ({at.tzinfo})"}]
    if post.attention_reason == AttentionReason.QUARANTINED:
        known.append(_("What happened after the backup is not known."))
    if post.publish_status:
        known.append(_("TikTok said last: %(status)s.") % {"status": post.publish_status})
    return " ".join(known)
