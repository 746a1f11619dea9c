"""A post's history as events: who did what, or what Clipdesk or TikTok did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from tiktok.models import AttentionReason, EventCause, PostEvent, PostState
from tiktok.posts.download_cancels import ANSWER as STOP_ANSWER
from tiktok.posts.download_cancels import CANCEL, STOPPED
from tiktok.posts.status_checks import ANSWER, CHECK
from tiktok.posts.wording.codes import explain, is_explained
from tiktok.posts.wording.times import PlannedTime, planned_time_in

S = PostState
Text = str | Promise


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline; ``code`` is what TikTok's support asks for."""

    at: datetime
    title: Text
    icon: str
    tone: str = "neutral"
    text: Text = ""
    code: str = ""


# Actions of Clipdesk and TikTok, by the state that follows.
MACHINE: Final[Mapping[PostState, tuple[Text, str, str]]] = {
    S.DRAFT: (_("The post was moved to drafts"), "pencil", "neutral"),
    S.SCHEDULED: (_("The post was scheduled"), "calendar-time", "neutral"),
    S.DUE: (_("The post was queued"), "clock-play", "neutral"),
    S.INITING: (_("Clipdesk asked TikTok to accept the post"), "send", "accent"),
    S.UPLOADING: (_("Clipdesk started the upload"), "cloud-upload", "accent"),
    S.PROCESSING: (_("TikTok received the whole video"), "checks", "accent"),
    S.PUBLISHED: (_("TikTok published the post"), "circle-check", "good"),
    S.IN_INBOX: (_("TikTok put the draft in the account’s inbox"), "inbox", "good"),
    S.WAITING_ACCOUNT: (_("Waiting for the account"), "clock-pause", "warn"),
    S.NEEDS_ATTENTION: (_("The post needs attention"), "alert-triangle", "warn"),
    S.FAILED: (_("Publishing failed"), "alert-octagon", "bad"),
    S.CANCELLED: (_("The post was cancelled"), "ban", "neutral"),
}
ACTS: Final[Mapping[PostState, tuple[Text, str]]] = {
    S.DRAFT: (_("%(name)s took the post off the schedule"), "player-pause"),
    S.DUE: (_("%(name)s published the post"), "player-play"),
    S.CANCELLED: (_("%(name)s cancelled the post"), "ban"),
}
BY_CAUSE: Final[Mapping[tuple[PostState, EventCause], Text]] = {
    (S.DUE, EventCause.CLOCK): _("The scheduled time was reached"),
    (S.DUE, EventCause.RULE_R1): _("Clipdesk started over: TikTok returned no upload ID"),
    (S.DUE, EventCause.RULE_R2): _("Clipdesk started over: the upload expired"),
    (S.DUE, EventCause.RULE_R3): _("Clipdesk started over: TikTok failed and allows another attempt"),
    (S.DUE, EventCause.RULE_R4): _("Clipdesk started over: TikTok did not accept the upload"),
    (S.DUE, EventCause.RULE_R5): _("Clipdesk started over: TikTok had not begun to download"),
    (S.FAILED, EventCause.TIKTOK): _("TikTok did not publish the post"),
}
# Where the state before it matters: a pull goes to TikTok in one step, and a draft is published by a person.
BY_STEP: Final[Mapping[tuple[str, str], tuple[Text, str]]] = {
    (S.INITING, S.PROCESSING): (_("TikTok accepted the post and downloads its files"), "download"),
    (S.IN_INBOX, S.PUBLISHED): (_("The draft was published in the TikTok app"), "circle-check"),
}
BY_ATTENTION: Final[Mapping[str, Text]] = {
    AttentionReason.MISSED: _("The scheduled time was missed"),
    AttentionReason.OPTIONS_CHANGED: _("The account’s posting options changed"),
    AttentionReason.MEDIA_CHANGED: _("The file changed"),
    AttentionReason.BUG: _("Clipdesk stopped because of an internal error"),
    AttentionReason.OUTCOME_UNKNOWN: _("It is not known whether the post was published"),
    AttentionReason.QUARANTINED: _("The post was put on hold after a restore"),
}
# Edits by a person, by the group that a field belongs to: the sentence if it is all, and the word in a list.
EDITS: Final[Mapping[str, tuple[Text, Text]]] = {
    "media": (_("%(name)s changed the media"), _("Media")),
    "destination": (_("%(name)s changed where the post goes"), _("Destination")),
    "title": (_("%(name)s edited the title"), _("Title")),
    "caption": (_("%(name)s edited the caption"), _("Caption")),
    "cover": (_("%(name)s changed the cover"), _("Cover")),
    "audience": (_("%(name)s changed the audience"), _("Audience")),
    "interactions": (_("%(name)s changed the interactions"), _("Interactions")),
    "disclosure": (_("%(name)s changed the disclosure"), _("Disclosure")),
    "ai": (_("%(name)s changed the AI label"), _("AI label")),
    "music": (_("%(name)s changed the music"), _("Music")),
    "time": (_("%(name)s changed the planned time"), _("Planned time")),
}
GROUPS: Final[Mapping[str, str]] = {
    "mode": "destination",
    "cover_timestamp_ms": "cover",
    "photo_cover_index": "cover",
    "auto_add_music": "music",
    "privacy_level": "audience",
    "allow_comment": "interactions",
    "allow_duet": "interactions",
    "allow_stitch": "interactions",
    "brand_organic": "disclosure",
    "brand_content": "disclosure",
    "is_aigc": "ai",
    "publish_local": "time",
    "publish_zone": "time",
}


@dataclass(slots=True)
class _Reader:
    """Reads events in order; ``plan``: the time that was shown last, ``is_move``: the next one replaces it."""

    plan: PlannedTime | None = None
    is_move: bool = False

    def entry(self, event: PostEvent) -> Entry | None:
        """Return the entry of an event; None for a step that a person did not see."""
        if event.detail.get("replanned"):
            self.is_move = True  # the edit and the new time are entries of their own
            return None
        if "edited" in event.detail:
            return _edit(event)
        if entry := _decision(event):
            return entry
        if event.from_state == event.to_state and "hold" in event.detail:
            return Entry(event.at, _("On hold"), "hourglass", "neutral", _reason(event), _for_support(event))
        if event.to_state == S.SCHEDULED and event.cause == EventCause.PERSON:
            return self._scheduled(event)
        self.is_move = False
        return _act(event) if event.cause in (EventCause.PERSON, EventCause.RULE_R6) else _machine(event)

    def _scheduled(self, event: PostEvent) -> Entry | None:
        planned, before, is_move = planned_time_in(event.detail), self.plan, self.is_move
        self.plan, self.is_move = planned, False
        if planned is None:
            return Entry(event.at, _named(_("%(name)s scheduled the post"), event), "calendar-time", "accent")
        if is_move and planned == before:
            return None
        title = _("%(name)s moved the post to %(time)s") if is_move else _("%(name)s scheduled the post for %(time)s")
        words = {"name": _person(event), "time": planned}
        return Entry(event.at, str(title) % words, "calendar-event" if is_move else "calendar-time", "accent")


def timeline(events: Sequence[PostEvent]) -> list[Entry]:
    """Return the entries of ``events`` (oldest first), newest first."""
    reader = _Reader()
    entries = [entry for event in events if (entry := reader.entry(event))]
    return entries[::-1]


def _edit(event: PostEvent) -> Entry:
    groups = list(dict.fromkeys(GROUPS.get(name, name) for name in event.detail["edited"]))
    groups = [group for group in groups if group in EDITS]
    if len(groups) == 1:
        return Entry(event.at, _named(EDITS[groups[0]][0], event), "edit")
    changed = " · ".join(str(EDITS[group][1]) for group in groups)
    return Entry(event.at, _named(_("%(name)s edited the post"), event), "edit", text=changed)


def _decision(event: PostEvent) -> Entry | None:
    """Return the entry of a line that moved nothing: a request or decision of a person, or TikTok's answer."""
    if CHECK in event.detail:
        return Entry(event.at, _named(_("%(name)s asked for a status check"), event), "refresh")
    if ANSWER in event.detail:
        said = event.detail[ANSWER]
        words = explain(said).what if is_explained(said) else _now("TikTok’s status: %(status)s") % {"status": said}
        return Entry(event.at, _("TikTok has no final status yet"), "message-circle", text=words)
    if CANCEL in event.detail:
        return Entry(event.at, _named(_("%(name)s asked TikTok to stop downloading"), event), "ban")
    if STOP_ANSWER in event.detail:
        return _stop_answer(event)
    if "set_aside" in event.detail:
        if event.detail["set_aside"]:
            return Entry(event.at, _named(_("%(name)s dismissed the post"), event), "archive")
        return Entry(event.at, _named(_("%(name)s restored the post to the lists"), event), "arrow-back-up")
    if "to_app" in event.detail:
        title = _now("%(name)s moved the post to the TikTok app %(app)s")
        app = {"name": _person(event), "app": event.detail["to_app"]}
        return Entry(event.at, title % app, "switch-horizontal")
    return None


def _stop_answer(event: PostEvent) -> Entry:
    code = event.detail[STOP_ANSWER]
    if code == STOPPED:
        return Entry(event.at, _("TikTok agreed to stop downloading"), "message-circle")
    return Entry(event.at, _("TikTok did not stop downloading"), "message-circle", text=explain(code).what)


def _act(event: PostEvent) -> Entry:
    """Return the entry of a move by a person."""
    to = PostState(event.to_state)
    title, icon = ACTS.get(to, (_("%(name)s changed the post"), "user"))
    if to == S.DRAFT and event.from_state in ("", S.DRAFT):
        title, icon = _("%(name)s created the post"), "plus"
    if event.cause == EventCause.RULE_R6:
        title, icon = _("%(name)s resent the post"), "send"
    return Entry(event.at, _named(title, event), icon)


def _machine(event: PostEvent) -> Entry:
    to = PostState(event.to_state)
    title, icon, tone = MACHINE[to]
    title = BY_ATTENTION.get(event.reason) or BY_CAUSE.get((to, EventCause(event.cause)), title)
    if step := BY_STEP.get((event.from_state, to)):
        title, icon = step
    if to == S.DUE and event.from_state == S.WAITING_ACCOUNT:
        title, icon = _("The account is connected again"), "plug-connected"
    return Entry(event.at, title, icon, tone, _reason(event), _for_support(event))


def _reason(event: PostEvent) -> Text:
    if code := event.detail.get("code") or event.detail.get("hold"):
        return explain(str(code)).what
    if event.reason == AttentionReason.OUTCOME_UNKNOWN and event.cause == EventCause.CLOCK:
        return _("TikTok’s final status did not arrive in time.")
    return ""


def _for_support(event: PostEvent) -> str:
    if not (log_id := event.detail.get("log_id")):
        return ""
    code = event.detail.get("code") or event.detail.get("hold")
    return f"{code} · log_id {log_id}"


def _named(title: Text, event: PostEvent) -> str:
    return str(title) % {"name": _person(event)}


def _person(event: PostEvent) -> str:
    return str(event.actor) if event.actor else _now("A former member")
