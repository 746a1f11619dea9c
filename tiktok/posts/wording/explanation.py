"""The state of a post in plain words: what happened, what Clipdesk does about it, what you can do."""

from dataclasses import replace
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from tiktok.models import MediaType, Post, PostMode, PostState
from tiktok.posts.queries import is_awaiting_link, is_without_link
from tiktok.posts.wording.codes import Explanation, explain_post
from tiktok.posts.wording.times import PlannedTime, planned_time

S = PostState
Text = str | Promise

CALM: Final[dict[PostState, tuple[Text, Text, Text]]] = {
    S.DRAFT: (_("This post is a draft."), "", _("Finish it when you are ready.")),
    S.SCHEDULED: (_("Scheduled."), _("Clipdesk will publish it at the scheduled time."), ""),
    S.DUE: (_("This post is about to start."), _("Clipdesk picks it up within seconds."), ""),
    S.INITING: (_("Clipdesk is asking TikTok to accept the post."), "", ""),
    S.UPLOADING: (_("The video is being uploaded to TikTok."), "", _("You can leave this page.")),
    S.PROCESSING: (
        _("TikTok has the whole video and is processing it."),
        _("Clipdesk checks its status until TikTok has published it. This can take a few minutes."),
        "",
    ),
    S.PUBLISHED: (_("TikTok has published this post."), "", ""),
    S.IN_INBOX: (
        _("The draft is in the account’s TikTok inbox."),
        _("Clipdesk shows the link once the draft is published."),
        _("Open the notification in the inbox of the TikTok app to finish and publish it."),
    ),
    S.CANCELLED: (_("This post was cancelled. It was not published."), "", ""),
}
_CHECKED_UNTIL_INBOX = _("Clipdesk checks its status until the draft is in the TikTok inbox.")
# What differs for a draft that is finished in the TikTok app.
DRAFTS: Final[dict[PostState, tuple[Text, Text, Text]]] = {
    S.SCHEDULED: (_("Scheduled."), _("Clipdesk will send the draft at the scheduled time."), ""),
    S.PROCESSING: (_("TikTok has the whole video and is processing it."), _CHECKED_UNTIL_INBOX, ""),
    S.PUBLISHED: (_("The draft was published in the TikTok app."), "", ""),
    S.CANCELLED: (_("This draft was cancelled. It was not sent."), "", ""),
}
_DOWNLOADING = _("TikTok is downloading the files from this server and processes them.")


def explain_state(post: Post) -> Explanation:
    """Return the post's state in words: ``CALM`` if nothing is wrong, else the words of its code."""
    if (explained := explain_post(post)) is not None:
        return explained
    what, does, can = _calm(post)
    if post.state == S.SCHEDULED and (planned := planned_time(post)):
        does = _will_publish(planned) if is_direct(post) else _will_send(planned)
    if post.state == S.DRAFT and post.publish_local:
        does = _("The time is only a note. Nothing is published until you schedule it.")
    return Explanation(str(what), str(does), str(can))


def explain_state_to_viewer(post: Post) -> Explanation:
    """Return ``explain_state`` without what to do, which names buttons that a viewer does not have."""
    return replace(explain_state(post), can="", act="")


def _calm(post: Post) -> tuple[Text, Text, Text]:
    state = PostState(post.state)
    what, does, can = CALM[state] if is_direct(post) else DRAFTS.get(state, CALM[state])
    if state == S.PROCESSING and post.way.is_pull:
        what = _DOWNLOADING
    return what, does, can


def started_text(mode: str) -> str:
    """Return what begins when a person sends a post now."""
    if mode == PostMode.DIRECT_POST:
        return _now("Publishing has started.")
    return _now("The draft is being sent to TikTok.")


def is_direct(post: Post) -> bool:
    """Return whether Clipdesk publishes the post; otherwise it is a draft that is finished in the TikTok app."""
    return post.mode == PostMode.DIRECT_POST


def _will_send(planned: PlannedTime) -> str:
    words = {"day": planned.day, "time": planned.clock, "zone": planned.place}
    return _now("Clipdesk will send the draft on %(day)s at %(time)s (%(zone)s).") % words


def _will_publish(planned: PlannedTime) -> str:
    words = {"day": planned.day, "time": planned.clock, "zone": planned.place}
    return _now("Clipdesk will publish it on %(day)s at %(time)s (%(zone)s).") % words


def link_note(post: Post) -> Text:
    """Return why a published post has no link; empty if it has one."""
    if post.state != S.PUBLISHED or post.post_ids:
        return ""
    if is_awaiting_link(post):
        return _("TikTok provides the link once the post has passed its checks, usually within minutes.")
    if is_without_link(post):
        return _("TikTok has not provided a link within a day. “Check status” asks again.")
    if post.mode == PostMode.MEDIA_UPLOAD:
        return _("TikTok provides links for public posts only, once they have passed its checks.")
    return _("TikTok provides links for public posts only. This one is not public.")


def title_of(post: Post, *, longest: int = 40) -> str:
    """Return the first words of the title or caption, at most ``longest`` characters."""
    words = (post.title.strip() or post.caption).split()
    title = " ".join(words)
    if not title:
        return _now("Post without a caption") if is_direct(post) else _now("Draft for the TikTok inbox")
    if len(title) <= longest:
        return title
    cut = title[:longest].rsplit(" ", 1)[0]
    return f"{cut.rstrip(' ,;:–-')}…"


def interactions_text(post: Post) -> str:
    """Return which interactions are on and which are off, as a sentence; a draft gets them in the TikTok app."""
    if not is_direct(post):
        return _now("Chosen in the TikTok app")
    if post.media_type == MediaType.PHOTO:
        return _now("Comments are on") if post.allow_comment else _now("Comments are off")
    return str(INTERACTIONS[(post.allow_comment, post.allow_duet, post.allow_stitch)])


# By (comments, duets, stitches): whole sentences, so that every language can order them as it likes.
INTERACTIONS: Final[dict[tuple[bool, bool, bool], Text]] = {
    (True, True, True): _("Comments, duets and stitches are on"),
    (True, True, False): _("Comments and duets are on, stitches are off"),
    (True, False, True): _("Comments and stitches are on, duets are off"),
    (True, False, False): _("Comments are on, duets and stitches are off"),
    (False, True, True): _("Duets and stitches are on, comments are off"),
    (False, True, False): _("Duets are on, comments and stitches are off"),
    (False, False, True): _("Stitches are on, comments and duets are off"),
    (False, False, False): _("Comments, duets and stitches are off"),
}


def disclosure_text(post: Post) -> Text:
    """Return the label that TikTok will show; empty if none."""
    if post.brand_content:
        return _("Paid partnership")
    return _("Promotional content") if post.brand_organic else ""
