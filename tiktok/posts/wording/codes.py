"""Every code that can stand on a post, in plain words: what happened, what Clipdesk does, what you can do.

What Clipdesk does follows from the post's state, so that the same code reads truly while the post is held, while TikTok
is asked and after the end.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tiktok.models import AttentionReason, Post, PostState

Text = str | Promise
RECONNECT: Final = "reconnect"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Three short sentences; any may be empty. ``act`` "reconnect": the page offers the way to the account."""

    what: str
    does: str
    can: str
    act: str = ""

    @property
    def sentences(self) -> list[str]:
        """Those that there are, in order."""
        return [sentence for sentence in (self.what, self.does, self.can) if sentence]


_GIVEN_UP = _("Clipdesk has stopped and sends nothing more.")
_WAITS = _("Clipdesk waits and tries again by itself.")
_FOLLOWS = _("This one follows by itself.")
_POST_WAITS = _("The post waits until the account is connected again.")
_ASKS = _("Clipdesk asks again until TikTok says what became of the video, for up to 24 hours.")
_ASKS_LATER = _("Clipdesk asks TikTok what became of it as soon as the account is connected again.")
_ASKS_FOR_A_WEEK = _(
    "Clipdesk goes on asking TikTok for a week, and sends nothing again by itself, so that it cannot appear twice."
)
_NOT_SENT = _("Nothing was published; Clipdesk sends nothing by itself.")

_NOTHING = _("You need not do anything; you can leave this page.")
_FIX_FILE = _("Use “Correct and send anew” and choose a corrected file.")
_FIX_SETTINGS = _("Use “Correct and send anew” and change the settings.")
_CHECK_IN_APP = _("Open the account in the TikTok app; TikTok says there what is wrong.")
_LOOK_IN_APP = _("Look in the TikTok app whether the video is there.")
_DECIDE = _(
    "Look in the TikTok app whether the video is there. “Check again” asks TikTok now; “Send again” is for a video "
    "that is not there; “Set aside” takes the post off the lists."
)
_ASK_OPERATOR = _("Ask whoever runs this Clipdesk to check the settings of its TikTok app.")
_RECONNECT = _("Reconnect the account; the post then goes on if its time has not passed.")
_RECONNECT_TO_ASK = _("Reconnect the account, or look in the TikTok app whether the video is there.")
_ALLOW = _("Reconnect the account and allow publishing; the post then goes on if its time has not passed.")
_AFTER_THE_DAY = _("Choose a time when the 24 hours are over, or post the video in the TikTok app.")
_SEND_LATER = _("Use “Correct and send anew” to try once more later.")
_CHOOSE_AGAIN = _("Edit the post, choose from what TikTok offers now, and publish.")


class Words(NamedTuple):
    """``does`` is what holds while Clipdesk waits for the code to pass; the end has words of its own."""

    what: Text
    can: Text = _NOTHING
    does: Text = _WAITS
    act: str = ""


def _refused(what: Text, can: Text) -> Words:
    return Words(what, can, _GIVEN_UP)


# TikTok's codes (docs/tiktok.md, sections 1, 3, 5 and 6) and fail reasons (section 8).
TIKTOK: Final[Mapping[str, Words]] = {
    "access_token_invalid": Words(
        _("TikTok no longer accepts this account's connection."), _RECONNECT, _POST_WAITS, RECONNECT
    ),
    "scope_not_authorized": Words(
        _("The account has not allowed Clipdesk to publish."), _ALLOW, _POST_WAITS, RECONNECT
    ),
    "rate_limit_exceeded": Words(_("TikTok asked Clipdesk to slow down.")),
    "internal_error": Words(_("TikTok has a fault at the moment.")),
    "invalid_params": _refused(_("TikTok did not accept one of the post's settings."), _FIX_SETTINGS),
    "invalid_file_upload": _refused(_("TikTok did not accept this file."), _FIX_FILE),
    "spam_risk_too_many_posts": Words(
        _("The account has reached the number of posts that TikTok takes from apps in 24 hours."), _AFTER_THE_DAY
    ),
    "spam_risk_too_many_pending_share": Words(
        _("The account has five unfinished drafts from apps in its TikTok inbox."),
        _("Finish or discard drafts in the TikTok app, or choose a time when the 24 hours are over."),
    ),
    "reached_active_user_cap": Words(
        _("Clipdesk's TikTok app has reached the number of accounts that may post through it in 24 hours."),
        _("Choose a time when the 24 hours are over, or ask whoever runs this Clipdesk for a larger quota."),
    ),
    "spam_risk_user_banned_from_posting": _refused(
        _("TikTok does not let this account post at the moment."), _CHECK_IN_APP
    ),
    "spam_risk": _refused(_("TikTok judged this post risky and did not publish it."), _CHECK_IN_APP),
    "spam_risk_text": _refused(
        _("TikTok judged the caption risky or spam and did not publish the post."),
        _("Use “Correct and send anew” and write another caption."),
    ),
    "unaudited_client_can_only_post_to_private_accounts": _refused(
        _("TikTok has not audited Clipdesk's TikTok app yet, so it may only post to private accounts."),
        _(
            "Set the account to private in the TikTok app, then use “Correct and send anew” with “Only me”; "
            "or wait until the app is audited."
        ),
    ),
    "url_ownership_unverified": _refused(_("TikTok has not verified this server's address."), _ASK_OPERATOR),
    "privacy_level_option_mismatch": Words(
        _("TikTok no longer offers the chosen visibility for this account."), _CHOOSE_AGAIN, _NOT_SENT
    ),
    "app_version_check_failed": _refused(
        _("The TikTok app on the creator's phone is too old for this; it needs version 31.8 or newer."),
        _("Update the TikTok app, then use “Correct and send anew”."),
    ),
    "file_format_check_failed": _refused(
        _("TikTok does not take this file's format: videos must be MP4, MOV or WebM, photos JPEG or WebP."), _FIX_FILE
    ),
    "duration_check_failed": _refused(
        _("TikTok did not accept the video's length; depending on the account up to 3, 5 or 10 minutes are allowed."),
        _FIX_FILE,
    ),
    "frame_rate_check_failed": _refused(
        _("TikTok did not accept the video's frame rate; 23 to 60 frames per second are allowed."), _FIX_FILE
    ),
    "picture_size_check_failed": _refused(
        _("TikTok did not accept the dimensions: a video's sides must be 360 to 4096 pixels, a photo's at most 1080p."),
        _FIX_FILE,
    ),
    "internal": Words(
        _("TikTok could not publish the video because of a fault of its own."),
        does=_("TikTok says that it was not published; Clipdesk sends it again after a pause."),
    ),
    "video_pull_failed": Words(
        _("TikTok could not download the video from this server."),
        does=_("TikTok says that it was not published; Clipdesk offers it again after a pause."),
    ),
    "photo_pull_failed": Words(
        _("TikTok could not download the photos from this server."),
        does=_("TikTok says that they were not published; Clipdesk offers them again after a pause."),
    ),
    "publish_cancelled": _refused(
        _("The publishing was cancelled at TikTok."), _("Use “Correct and send anew” if you still want it.")
    ),
    "publish_not_cancellable": _refused(_("TikTok can no longer cancel this post."), _LOOK_IN_APP),
    "auth_removed": Words(
        _("The account took back Clipdesk's permission before TikTok had published the video."),
        _RECONNECT,
        _("It was not published; the post waits until the account is connected again."),
        RECONNECT,
    ),
    "invalid_publish_id": Words(_("TikTok does not know this upload any more."), _LOOK_IN_APP),
    "token_not_authorized_for_specified_publish_id": Words(
        _("TikTok says that this upload belongs to another account or app."), _ASK_OPERATOR
    ),
    "invalid_client": Words(_("TikTok does not accept the key or secret of Clipdesk's TikTok app."), _ASK_OPERATOR),
    "invalid_request": _refused(_("TikTok does not accept how Clipdesk's TikTok app is set up."), _ASK_OPERATOR),
    "access_denied": Words(_("TikTok refused the permission for this account."), _RECONNECT, _POST_WAITS, RECONNECT),
}
_SAME_AS: Final[Mapping[str, str]] = {
    "invalid_param": "invalid_params",
    "scope_permission_missed": "scope_not_authorized",
    "server_error": "internal_error",
    "temporarily_unavailable": "internal_error",
    "answer-too-large": "unreadable-answer",
    "unreadable-code": "unreadable-answer",
    "invalid_grant": "access_denied",
    "invalid_scope": "invalid_request",
    "unauthorized_client": "invalid_request",
    "unsupported_grant_type": "invalid_request",
    "unsupported_response_type": "invalid_request",
}

# Ours: why a post is held, waits, failed or needs somebody.
OURS: Final[Mapping[str, Words]] = {
    "other_upload": Words(_("Another post of this account is being uploaded."), does=_FOLLOWS),
    "instance_busy": Words(_("Other posts of this instance are being uploaded."), does=_FOLLOWS),
    "rate": Words(_("TikTok's limit of calls per minute is reached.")),
    "refresh": Words(_("The account's connection is being renewed.")),
    "connection-failed": Words(_("TikTok could not be reached.")),
    "answer-lost": Words(_("The connection to TikTok broke.")),
    "unreadable-answer": Words(_("TikTok gave an answer that could not be read.")),
    "client-secret-unreadable": Words(
        _("Clipdesk cannot read the secret of its TikTok app, so it cannot renew the account's connection."),
        _("Tell whoever runs this Clipdesk: an encryption key is missing, or the secret has to be entered again."),
    ),
    "upload_interrupted": Words(
        _("The upload was interrupted."), does=_("Clipdesk goes on with what TikTok does not have yet.")
    ),
    "upload_refused": Words(
        _("TikTok stopped taking this upload before it was complete."),
        does=_("Clipdesk starts it anew as soon as the old one is certainly over; that can take an hour."),
    ),
    "upload_unreadable": Words(
        _("Clipdesk cannot read where TikTok wants this upload to go: the key for that note is missing."),
        _("Tell whoever runs this Clipdesk that an encryption key is missing."),
        _("Clipdesk starts it anew as soon as the old upload is certainly over; that can take an hour."),
    ),
    "bytes_missing": Words(
        _("TikTok has not confirmed the last part of the video."),
        does=_("Clipdesk asks again until that is certain, so that the post cannot appear twice."),
    ),
    "reconnect_needed": Words(_("The account is no longer connected."), _RECONNECT, _POST_WAITS, RECONNECT),
    "scope_missing": Words(_("The account has not allowed Clipdesk to publish."), _ALLOW, _POST_WAITS, RECONNECT),
    "account_disconnected": Words(_("The account was disconnected."), _RECONNECT, _POST_WAITS, RECONNECT),
    "account_was_away": Words(_("Its account was not connected in time.")),
    "init_limit": _refused(_("TikTok did not take the post in several attempts."), _SEND_LATER),
    "missed": Words(
        _("The post could not be started in time."),
        _("Edit it to publish it now or at another time, or cancel it."),
        _NOT_SENT,
    ),
    "options_changed": Words(
        _("What this account allows on TikTok has changed since you agreed."), _CHOOSE_AGAIN, _NOT_SENT
    ),
    "media_changed": Words(
        _("The file has changed, is missing or cannot be read."),
        _("Edit the post, upload the file again and publish."),
        _NOT_SENT,
    ),
    "bug": Words(
        _("Clipdesk could not go on because of a fault of its own."),
        _("Edit the post and publish it again; if that fails too, tell whoever runs this Clipdesk."),
        _NOT_SENT,
    ),
    "outcome_unknown": Words(
        _("The video was handed to TikTok, but TikTok did not say whether it was published."),
        _DECIDE,
        _ASKS_FOR_A_WEEK,
    ),
    "quarantined": Words(
        _("The post is held because the system was restored from a backup; it may be out already."),
        _DECIDE,
        _("Clipdesk sends nothing by itself, so that it cannot appear twice; TikTok is asked about what it has."),
    ),
    "quarantine": Words(_("At its time Clipdesk was in quarantine after a restore.")),
}
_UNKNOWN: Final = Words(
    _("TikTok answered with a code that its documentation does not explain."),
    _("The code stands under Details; ask whoever runs this Clipdesk to look it up."),
)
_HANDED_OVER = _("TikTok has the whole video, but does not say what became of it.")
_HELP_WHILE_ASKING: Final = (_NOTHING, _LOOK_IN_APP, _ASK_OPERATOR)
_DONE: Final = frozenset({PostState.PUBLISHED, PostState.IN_INBOX})


def _words(code: str) -> Words | None:
    code = "internal_error" if code.startswith("http-5") else _SAME_AS.get(code, code)
    return OURS.get(code) or TIKTOK.get(code)


def explain(code: str) -> Explanation:
    """The words for a code of TikTok or of ours; an unknown one is a refusal."""
    return _explanation(_words(code) or _UNKNOWN._replace(does=_GIVEN_UP))


def _explanation(words: Words) -> Explanation:
    return Explanation(str(words.what), str(words.does), str(words.can), words.act)


def is_explained(code: str) -> bool:
    """Whether there are words of its own for this code."""
    return _words(code) is not None


def word_of_tiktok(post: Post) -> str:
    """TikTok's own code for why this post stands still, or ended badly; empty when it said none."""
    if post.state in _DONE:
        return ""
    codes = (post.hold_reason, post.tiktok_code, post.fail_reason, post.error_code)
    return next((code for code in codes if code and code not in OURS), "")


def explain_post(post: Post) -> Explanation | None:
    """Why this post stands still, or ended badly; None when there is nothing to say."""
    if post.state == PostState.NEEDS_ATTENTION:
        return _explain_attention(post)
    code = post.error_code or post.tiktok_code or post.fail_reason
    if post.state == PostState.FAILED:
        return replace(explain(code), does=str(_GIVEN_UP))
    if post.state == PostState.WAITING_ACCOUNT:
        return explain(code)
    return None if post.state in _DONE or not post.hold_reason else _explanation(_held(post))


def _held(post: Post) -> Words:
    """Waiting to start or to go on; or, once TikTok has it, for TikTok's word."""
    words = _words(post.hold_reason) or _UNKNOWN
    if words.act and post.state in (PostState.UPLOADING, PostState.PROCESSING):
        return words._replace(does=_ASKS_LATER, can=_RECONNECT_TO_ASK)
    if post.state == PostState.PROCESSING:
        what = words.what if words.does == _WAITS else _HANDED_OVER
        can = words.can if words.can in _HELP_WHILE_ASKING else _LOOK_IN_APP
        return Words(what, can, _ASKS)
    return words._replace(does=_WAITS) if words.does == _GIVEN_UP else words


def _explain_attention(post: Post) -> Explanation:
    """A missed post also tells what held it until it was too late, and what helps against that."""
    words = explain(post.attention_reason)
    if post.attention_reason != AttentionReason.MISSED or not is_explained(post.error_code):
        return words
    cause = explain(post.error_code)
    can = words.can if cause.can == str(_NOTHING) else cause.can
    return replace(words, what=f"{words.what} {cause.what}", can=can, act=cause.act)
