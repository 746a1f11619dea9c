"""A post's state in plain words: what happened, what Clipdesk does about it, what you can do."""

from dataclasses import replace
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tiktok.models import AttentionReason, EventCause, Post, PostEvent, PostState
from tiktok.posts.queries import is_awaiting_link, is_without_link
from tiktok.posts.questions import ANSWER, QUESTION
from tiktok.posts.wording.codes import Explanation, explain, explain_post, is_explained

S = PostState

CALM: Final[dict[PostState, tuple[str | Promise, str | Promise, str | Promise]]] = {
    S.DRAFT: (_("This post is a draft."), "", _("Continue when you are ready.")),
    S.SCHEDULED: (_("This post waits for its time."), _("Clipdesk publishes it then."), ""),
    S.DUE: (_("This post is about to start."), _("A worker picks it up within seconds."), ""),
    S.INITING: (_("Clipdesk is asking TikTok to take the video."), "", ""),
    S.UPLOADING: (_("The video is on its way to TikTok."), "", _("You can leave this page.")),
    S.PROCESSING: (
        _("TikTok has the whole video and is processing it."),
        _("Clipdesk keeps asking until TikTok has published it; this may take a few minutes."),
        "",
    ),
    S.PUBLISHED: (_("TikTok has published this post."), "", ""),
    S.IN_INBOX: (_("The draft is in the creator's TikTok inbox."), "", _("Finish it in the TikTok app.")),
    S.CANCELLED: (_("This post was cancelled. It is not published."), "", ""),
}

TONES: Final = {
    S.PUBLISHED: "good",
    S.IN_INBOX: "good",
    S.FAILED: "bad",
    S.NEEDS_ATTENTION: "warn",
    S.WAITING_ACCOUNT: "warn",
    S.UPLOADING: "accent",
    S.PROCESSING: "accent",
}


def tell(post: Post) -> Explanation:
    """The post's present state in words: the calm ones stand here, the others under their code in ``texts``."""
    if (explained := explain_post(post)) is not None:
        return explained
    what, does, can = CALM[PostState(post.state)]
    if post.state == S.DRAFT and post.publish_local:
        does = _("Its time is only noted: nothing is published until you schedule it.")
    return Explanation(str(what), str(does), str(can))


def tell_onlooker(post: Post) -> Explanation:
    """The same without what to do about it: that names buttons which somebody who may only look does not have."""
    return replace(tell(post), can="", act="")


def link_note(post: Post) -> str | Promise:
    """Why a published post has no link, where it has none."""
    if post.state != S.PUBLISHED or post.post_ids:
        return ""
    if is_awaiting_link(post):
        return _("TikTok gives the link once the post has passed its checks, usually within minutes.")
    if is_without_link(post):
        return _("TikTok has given no link within a day. “Check again” asks once more.")
    return _("TikTok gives links for public posts only; this one is not public.")


def timeline(events: list[PostEvent]) -> list[dict[str, Any]]:
    """Events as the timeline component takes them, newest first."""
    return [_line(event) for event in reversed(events)]


def _line(event: PostEvent) -> dict[str, Any]:
    to = PostState(event.to_state)
    if title := _talk(event):
        return {"at": event.at, "title": title, "text": _why(event), "tone": "neutral"}
    title = str(to.label)
    if event.reason:
        title = f"{title}: {AttentionReason(event.reason).label}"
    tone = TONES.get(to, "neutral")
    return {"at": event.at, "title": title, "text": _why(event), "tone": tone, "code": _for_support(event)}


def _for_support(event: PostEvent) -> str:
    """What TikTok's support asks for, where TikTok refused something."""
    if not (log_id := event.detail.get("log_id")):
        return ""
    code = event.detail.get("code") or event.detail.get("hold")
    return f"{code} · log_id {log_id}"


def _talk(event: PostEvent) -> str:
    """Lines that moved nothing: what a person asked or decided, and what TikTok said."""
    if QUESTION in event.detail:
        return str(_("Asked to check again"))
    if ANSWER in event.detail:
        return str(_("TikTok has no last word yet"))
    if "set_aside" in event.detail:
        return str(_("Set aside") if event.detail["set_aside"] else _("Taken up again"))
    if "to_app" in event.detail:
        return str(_("Goes out through the TikTok app %(app)s from now on") % {"app": event.detail["to_app"]})
    return ""


def _why(event: PostEvent) -> str | Promise:
    if event.actor:
        return str(event.actor)
    if said := event.detail.get(ANSWER):
        return explain(said).what if is_explained(said) else str(_("It said %(word)s.")) % {"word": said}
    if code := event.detail.get("code") or event.detail.get("hold"):
        return explain(str(code)).what
    if event.reason == AttentionReason.OUTCOME_UNKNOWN and event.cause == EventCause.CLOCK:
        return _("TikTok's last word did not come in time")
    return EventCause(event.cause).label


def allowed_text(post: Post) -> str:
    """ "Comment, Stitch" or "Nothing"."""
    choices = ((post.allow_comment, _("Comment")), (post.allow_duet, _("Duet")), (post.allow_stitch, _("Stitch")))
    return ", ".join(str(name) for is_on, name in choices if is_on) or str(_("Nothing"))


def disclosure_text(post: Post) -> str | Promise:
    """The label that TikTok will show, if any."""
    if post.brand_content:
        return _("Paid partnership")
    return _("Promotional content") if post.brand_organic else ""
