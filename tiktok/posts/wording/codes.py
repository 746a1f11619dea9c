"""Every code that a post can have, in plain words: what happened, what Clipdesk does about it, what you can do.

Clipdesk's reaction depends on the post's state, so that one code is explained correctly while the post is on hold,
while Clipdesk checks its status and after it has ended.
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
    """Three short sentences, each may be empty. ``act`` "reconnect": the page links to the account."""

    what: str
    does: str
    can: str
    act: str = ""

    @property
    def sentences(self) -> list[str]:
        """The sentences that are not empty, in order."""
        return [sentence for sentence in (self.what, self.does, self.can) if sentence]


_GIVEN_UP = _("Clipdesk has stopped and sends nothing more.")
_WAITS = _("Clipdesk waits and retries automatically.")
_FOLLOWS = _("This post then starts automatically.")
_POST_WAITS = _("The post waits until the account is reconnected.")
_ASKS = _("Clipdesk checks the status until TikTok gives a final one, for up to 24 hours.")
_ASKS_LATER = _("Clipdesk checks the status as soon as the account is reconnected.")
_ASKS_FOR_A_WEEK = _(
    "Clipdesk checks the status for a week. It does not resend the post by itself, so that it cannot appear twice."
)
_NOT_SENT = _("Nothing was published. Clipdesk sends nothing until you decide.")

_NOTHING = _("You don’t have to do anything. You can leave this page.")
_FIX_FILE = _("Use “Edit and repost” and choose a corrected file.")
_FIX_SETTINGS = _("Use “Edit and repost” and change the settings.")
_CHECK_IN_APP = _("Open the account in the TikTok app to see what is wrong.")
_LOOK_IN_APP = _("Check in the TikTok app whether the post is there.")
_DECIDE = _(
    "Check in the TikTok app whether the post is there. “Check status” asks TikTok now, “Resend” is for a post "
    "that is not there, “Dismiss” takes it off the lists."
)
_ASK_OPERATOR = _("Ask your administrator to check the settings of the TikTok app.")
_RECONNECT = _("Reconnect the account. The post then continues, unless its time has passed.")
_RECONNECT_TO_ASK = _("Reconnect the account, or check in the TikTok app whether the post is there.")
_ALLOW = _("Reconnect the account and allow publishing. The post then continues, unless its time has passed.")
_AFTER_THE_DAY = _("Choose a time more than 24 hours from now, or post in the TikTok app.")
_ALLOW_DRAFTS = _("Reconnect the account and allow uploads. The draft is then sent, unless its time has passed.")
_CHECK_SERVER = _("If this repeats, ask your administrator whether TikTok can reach this server.")
_SEND_LATER = _("Use “Edit and repost” to try again later.")
_CHOOSE_AGAIN = _("Edit the post, choose from what TikTok offers now, and publish it.")


class Words(NamedTuple):
    """The words for a code. ``does`` applies while Clipdesk waits for the fault to pass, not after the end."""

    what: Text
    can: Text = _NOTHING
    does: Text = _WAITS
    act: str = ""


def _refused(what: Text, can: Text) -> Words:
    return Words(what, can, _GIVEN_UP)


# TikTok's codes (docs/tiktok.md, sections 1, 3, 5 and 6) and fail reasons (section 8).
TIKTOK: Final[Mapping[str, Words]] = {
    "access_token_invalid": Words(
        _("TikTok no longer accepts this account’s authorization."), _RECONNECT, _POST_WAITS, RECONNECT
    ),
    "scope_not_authorized": Words(
        _("The account has not allowed Clipdesk to publish."), _ALLOW, _POST_WAITS, RECONNECT
    ),
    "rate_limit_exceeded": Words(_("TikTok asked Clipdesk to slow down.")),
    "internal_error": Words(_("TikTok is having technical problems.")),
    "invalid_params": _refused(_("TikTok did not accept one of the post’s settings."), _FIX_SETTINGS),
    "invalid_file_upload": _refused(_("TikTok did not accept this file."), _FIX_FILE),
    "spam_risk_too_many_posts": Words(
        _("The account has reached TikTok’s limit of posts from apps in 24 hours."), _AFTER_THE_DAY
    ),
    "spam_risk_too_many_pending_share": Words(
        _("The account has five unfinished drafts from apps in its TikTok inbox."),
        _("Finish or discard drafts in the TikTok app, or choose a time more than 24 hours from now."),
    ),
    "reached_active_user_cap": Words(
        _("The TikTok app has reached its limit of accounts that post in 24 hours."),
        _(
            "Choose a time more than 24 hours from now, or ask your administrator to request a larger quota from"
            " TikTok."
        ),
    ),
    "spam_risk_user_banned_from_posting": _refused(_("TikTok has blocked this account from posting."), _CHECK_IN_APP),
    "spam_risk": _refused(_("TikTok considers this post a risk and did not publish it."), _CHECK_IN_APP),
    "spam_risk_text": _refused(
        _("TikTok considers the text risky or spam and did not publish the post."),
        _("Use “Edit and repost” and write a different text."),
    ),
    "unaudited_client_can_only_post_to_private_accounts": _refused(
        _("TikTok has not audited the TikTok app yet, so it can only post to private accounts."),
        _(
            "Set the account to private in the TikTok app, then use “Edit and repost” with “Only me”. "
            "Otherwise wait until the app is audited."
        ),
    ),
    "url_ownership_unverified": _refused(
        _("The address from which TikTok downloads media is not verified for the TikTok app."),
        _("Ask your administrator to set up the URL prefix of the TikTok app."),
    ),
    "privacy_level_option_mismatch": Words(
        _("TikTok no longer offers the chosen audience for this account."), _CHOOSE_AGAIN, _NOT_SENT
    ),
    "app_version_check_failed": _refused(
        _("The TikTok app on the account owner’s phone is too old. Version 31.8 or newer is required."),
        _("Update the TikTok app, then use “Edit and repost”."),
    ),
    "file_format_check_failed": _refused(
        _("TikTok does not support the format of this file. Videos must be MP4, MOV or WebM, photos JPEG or WebP."),
        _FIX_FILE,
    ),
    "duration_check_failed": _refused(
        _("TikTok did not accept the video’s length. Depending on the account, the limit is 3, 5 or 10 minutes."),
        _FIX_FILE,
    ),
    "frame_rate_check_failed": _refused(
        _("TikTok did not accept the video’s frame rate. It must be 23 to 60 frames per second."), _FIX_FILE
    ),
    "picture_size_check_failed": _refused(
        _("TikTok did not accept the dimensions. A video’s sides must be 360 to 4096 pixels, a photo at most 1080p."),
        _FIX_FILE,
    ),
    "internal": Words(
        _("TikTok could not publish the post because of an internal error."),
        does=_("TikTok reports that it was not published. Clipdesk resends it after a pause."),
    ),
    "video_pull_failed": Words(
        _("TikTok could not download the video from this server."),
        _CHECK_SERVER,
        does=_("TikTok reports that it was not published. Clipdesk retries after a pause."),
    ),
    "photo_pull_failed": Words(
        _("TikTok could not download the photos from this server."),
        _CHECK_SERVER,
        does=_("TikTok reports that they were not published. Clipdesk retries after a pause."),
    ),
    "publish_cancelled": _refused(
        _("Publishing was cancelled at TikTok."), _("Use “Edit and repost” if you still want to publish it.")
    ),
    "publish_not_cancellable": _refused(_("TikTok can no longer cancel this post."), _LOOK_IN_APP),
    "auth_removed": Words(
        _("The account owner revoked Clipdesk’s permission before TikTok published the post."),
        _RECONNECT,
        _("It was not published. The post waits until the account is reconnected."),
        RECONNECT,
    ),
    "invalid_publish_id": Words(_("TikTok no longer has a record of this upload."), _LOOK_IN_APP),
    "token_not_authorized_for_specified_publish_id": Words(
        _("TikTok reports that this upload belongs to another account or app."), _ASK_OPERATOR
    ),
    "invalid_client": Words(_("TikTok does not accept the client key or secret of the TikTok app."), _ASK_OPERATOR),
    "invalid_request": _refused(_("TikTok does not accept the configuration of the TikTok app."), _ASK_OPERATOR),
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

# Ours: why a post is on hold, waits, failed or needs attention.
OURS: Final[Mapping[str, Words]] = {
    "other_upload": Words(_("Waiting for another upload to this account to finish."), does=_FOLLOWS),
    "instance_busy": Words(_("Waiting for other uploads of this instance to finish."), does=_FOLLOWS),
    "rate": Words(_("TikTok’s limit of calls per minute has been reached.")),
    "refresh": Words(_("Clipdesk is renewing the account’s access token.")),
    "connection-failed": Words(_("TikTok could not be reached.")),
    "answer-lost": Words(_("The connection to TikTok was interrupted.")),
    "unreadable-answer": Words(_("TikTok’s response could not be read.")),
    "client-secret-unreadable": Words(
        _("Clipdesk cannot read the client secret of the TikTok app, so it cannot renew the account’s access token."),
        _("Tell your administrator that an encryption key is missing, or that the secret must be entered again."),
    ),
    "upload_interrupted": Words(_("The upload was interrupted."), does=_("Clipdesk resumes it where it stopped.")),
    "upload_refused": Words(
        _("TikTok stopped accepting this upload before it was complete."),
        does=_("Clipdesk starts over once it is certain that the old upload has ended. That can take an hour."),
    ),
    "upload_unreadable": Words(
        _("Clipdesk cannot read the upload address from TikTok because its encryption key is missing."),
        _("Tell your administrator that an encryption key is missing."),
        _("Clipdesk starts over once it is certain that the old upload has ended. That can take an hour."),
    ),
    "bytes_missing": Words(
        _("TikTok has not confirmed the last part of the video."),
        does=_("Clipdesk checks until that is certain, so that the post cannot appear twice."),
    ),
    "reconnect_needed": Words(_("The account must be reconnected."), _RECONNECT, _POST_WAITS, RECONNECT),
    "scope_missing": Words(_("The account has not allowed Clipdesk to publish."), _ALLOW, _POST_WAITS, RECONNECT),
    "upload_scope_missing": Words(
        _("The account has not allowed Clipdesk to send drafts."), _ALLOW_DRAFTS, _POST_WAITS, RECONNECT
    ),
    "account_disconnected": Words(_("The account was disconnected."), _RECONNECT, _POST_WAITS, RECONNECT),
    "account_was_away": Words(_("Its account was not reconnected in time.")),
    "init_limit": _refused(_("TikTok did not accept the post in several attempts."), _SEND_LATER),
    "missed": Words(
        _("The post could not be started in time."),
        _("Edit it to publish it now or at another time, or cancel it."),
        _NOT_SENT,
    ),
    "options_changed": Words(
        _("The account’s posting options on TikTok have changed since you confirmed the post."),
        _CHOOSE_AGAIN,
        _NOT_SENT,
    ),
    "media_changed": Words(
        _("The file has changed, is missing or cannot be read."),
        _("Edit the post, upload the file again and publish it."),
        _NOT_SENT,
    ),
    "bug": Words(
        _("Clipdesk stopped because of an internal error."),
        _("Edit the post and publish it again. If that fails too, tell your administrator."),
        _NOT_SENT,
    ),
    "outcome_unknown": Words(
        _("The post was handed to TikTok, but TikTok does not report whether it was published."),
        _DECIDE,
        _ASKS_FOR_A_WEEK,
    ),
    "quarantined": Words(
        _("The post is on hold because Clipdesk was restored from a backup. It may be published already."),
        _DECIDE,
        _("Clipdesk checks the status. It does not resend the post by itself, so that it cannot appear twice."),
    ),
    "quarantine": Words(_("At the scheduled time, publishing was paused after a restore.")),
}
_UNKNOWN: Final = Words(
    _("TikTok returned a code that its documentation does not explain."),
    _("Ask your administrator about the code under Details."),
)
_HANDED_OVER = _("TikTok has the post, but has not given a final status.")
_HELP_WHILE_ASKING: Final = (_NOTHING, _LOOK_IN_APP, _ASK_OPERATOR)
_DONE: Final = frozenset({PostState.PUBLISHED, PostState.IN_INBOX})


def _words(code: str) -> Words | None:
    code = "internal_error" if code.startswith("http-5") else _SAME_AS.get(code, code)
    return OURS.get(code) or TIKTOK.get(code)


def explain(code: str) -> Explanation:
    """Return the words for a code of TikTok's or ours; an unknown one counts as final."""
    return _explanation(_words(code) or _UNKNOWN._replace(does=_GIVEN_UP))


def _explanation(words: Words) -> Explanation:
    return Explanation(str(words.what), str(words.does), str(words.can), words.act)


def is_explained(code: str) -> bool:
    """Return whether the code has words of its own."""
    return _words(code) is not None


def tiktok_code_of(post: Post) -> str:
    """Return TikTok's code for why the post is on hold or failed; empty if TikTok gave none."""
    if post.state in _DONE:
        return ""
    codes = (post.hold_reason, post.tiktok_code, post.fail_reason, post.error_code)
    return next((code for code in codes if code and code not in OURS), "")


def explain_post(post: Post) -> Explanation | None:
    """Return why the post is on hold or failed; None if nothing is wrong."""
    if post.state == PostState.NEEDS_ATTENTION:
        return _explain_attention(post)
    code = post.error_code or post.tiktok_code or post.fail_reason
    if post.state == PostState.FAILED:
        return replace(explain(code), does=str(_GIVEN_UP))
    if post.state == PostState.WAITING_ACCOUNT:
        return explain(code)
    return None if post.state in _DONE or not post.hold_reason else _explanation(_held(post))


def _held(post: Post) -> Words:
    """Return the words for a hold: before TikTok has the video, or while Clipdesk waits for its status."""
    words = _words(post.hold_reason) or _UNKNOWN
    if words.act and post.state in (PostState.UPLOADING, PostState.PROCESSING):
        return words._replace(does=_ASKS_LATER, can=_RECONNECT_TO_ASK)
    if post.state == PostState.PROCESSING:
        what = words.what if words.does == _WAITS else _HANDED_OVER
        can = words.can if words.can in _HELP_WHILE_ASKING else _LOOK_IN_APP
        return Words(what, can, _ASKS)
    return words._replace(does=_WAITS) if words.does == _GIVEN_UP else words


def _explain_attention(post: Post) -> Explanation:
    """Return why the post needs attention; for a missed one also what held it up, and what helps."""
    words = explain(post.attention_reason)
    if post.attention_reason != AttentionReason.MISSED or not is_explained(post.error_code):
        return words
    cause = explain(post.error_code)
    can = words.can if cause.can == str(_NOTHING) else cause.can
    return replace(words, what=f"{words.what} {cause.what}", can=can, act=cause.act)
