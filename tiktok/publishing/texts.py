"""Every code that can stand on a post, in plain words: what happened, what Clipdesk does, what you can do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tiktok.models import AttentionReason, Post, PostState


@dataclass(frozen=True, slots=True)
class Explanation:
    """Three short sentences; any may be empty."""

    what: str
    does: str
    can: str


Words = tuple[str | Promise, str | Promise, str | Promise]

_GIVEN_UP = _("Clipdesk has stopped and sends nothing more.")
_WAITS = _("Clipdesk waits and tries again by itself.")
_FOLLOWS = _("This one follows by itself.")
_NOTHING = _("You need not do anything.")
_FIX_FILE = _("Make a new post with a corrected file.")
_CHECK_IN_APP = _("Check the account in the TikTok app.")
_ASK_OPERATOR = _("Ask whoever runs this Clipdesk to check the TikTok app's settings.")
_RECONNECT = _("Reconnect the account; the post then goes on if its time has not passed.")
_LATER = _("Publish it later, when the 24 hours are over.")
_NOT_SENT = _("Nothing was published; Clipdesk sends nothing by itself.")

# TikTok's codes (tiktok-api 4.1, 4.2, 4.5) and fail reasons.
TIKTOK: Final[Mapping[str, Words]] = {
    "access_token_invalid": (_("TikTok no longer accepts this account's sign-in."), _WAITS, _RECONNECT),
    "scope_not_authorized": (
        _("The account has not allowed Clipdesk to publish."),
        _("The post waits."),
        _("Reconnect the account and allow publishing."),
    ),
    "rate_limit_exceeded": (_("TikTok asked us to slow down."), _WAITS, _NOTHING),
    "internal_error": (_("TikTok has a fault."), _WAITS, _NOTHING),
    "invalid_params": (
        _("TikTok did not accept one of the post's settings."),
        _GIVEN_UP,
        _("Change the post and try again."),
    ),
    "invalid_file_upload": (_("TikTok did not accept this file."), _GIVEN_UP, _FIX_FILE),
    "spam_risk_too_many_posts": (
        _("The account has reached TikTok's number of posts by apps for 24 hours."),
        _GIVEN_UP,
        _("Publish it later, when the 24 hours are over, or post it in the TikTok app."),
    ),
    "spam_risk_user_banned_from_posting": (
        _("TikTok does not let this account post at the moment."),
        _GIVEN_UP,
        _CHECK_IN_APP,
    ),
    "reached_active_user_cap": (
        _("The TikTok app has reached its number of posting accounts for today."),
        _GIVEN_UP,
        _LATER,
    ),
    "unaudited_client_can_only_post_to_private_accounts": (
        _("TikTok has not audited the app yet, so it can only post to accounts that are set to private."),
        _GIVEN_UP,
        _("Set the TikTok account to private and choose “Only me”, or have the app audited."),
    ),
    "url_ownership_unverified": (_("TikTok has not verified this server's address."), _GIVEN_UP, _ASK_OPERATOR),
    "privacy_level_option_mismatch": (
        _("TikTok no longer offers the chosen visibility for this account."),
        _NOT_SENT,
        _("Open the post, choose again from what TikTok offers now, and publish."),
    ),
    "spam_risk": (_("TikTok judged this post risky."), _GIVEN_UP, _CHECK_IN_APP),
    "spam_risk_text": (
        _("TikTok judged the caption risky or spam."),
        _GIVEN_UP,
        _("Make a new post with another caption."),
    ),
    "file_format_check_failed": (
        _("TikTok does not support this file's format; it takes MP4, MOV and WebM."),
        _GIVEN_UP,
        _FIX_FILE,
    ),
    "duration_check_failed": (_("The video is too long or too short for this account."), _GIVEN_UP, _FIX_FILE),
    "frame_rate_check_failed": (
        _("TikTok did not accept the video's frame rate; 23–60 fps is allowed."),
        _GIVEN_UP,
        _FIX_FILE,
    ),
    "picture_size_check_failed": (
        _("TikTok did not accept the video's dimensions; each side must be 360–4096 pixels."),
        _GIVEN_UP,
        _FIX_FILE,
    ),
    "internal": (_("TikTok could not process the video because of a fault of its own."), _WAITS, _NOTHING),
    "publish_cancelled": (_("The publishing was cancelled at TikTok."), _GIVEN_UP, _("Make a new post if you want.")),
    "auth_removed": (
        _("The account removed Clipdesk's access while the video was being processed."),
        _("The post was not published and waits."),
        _RECONNECT,
    ),
    "invalid_publish_id": (_("TikTok does not know this upload."), _WAITS, _CHECK_IN_APP),
    "token_not_authorized_for_specified_publish_id": (
        _("TikTok says this upload belongs to another account or app."),
        _WAITS,
        _ASK_OPERATOR,
    ),
    "invalid_client": (_("TikTok does not accept the app's key or secret."), _GIVEN_UP, _ASK_OPERATOR),
}
_SAME_AS: Final[Mapping[str, str]] = {
    "invalid_param": "invalid_params",
    "scope_permission_missed": "scope_not_authorized",
    "server_error": "internal_error",
    "temporarily_unavailable": "internal_error",
    "spam_risk_too_many_pending_share": "spam_risk_too_many_posts",
    "video_pull_failed": "internal",
    "photo_pull_failed": "internal",
    "answer-too-large": "unreadable-answer",
    "unreadable-code": "unreadable-answer",
}

# Ours: why a post is held, waits, failed or needs somebody.
OURS: Final[Mapping[str, Words]] = {
    "other_upload": (_("Another post of this account is being uploaded."), _FOLLOWS, _NOTHING),
    "instance_busy": (
        _("Other posts of this instance are being uploaded."),
        _FOLLOWS,
        _NOTHING,
    ),
    "rate": (_("TikTok's limit of calls per minute is reached."), _WAITS, _NOTHING),
    "refresh": (_("The account's sign-in is being renewed."), _WAITS, _NOTHING),
    "connection-failed": (_("TikTok could not be reached."), _WAITS, _NOTHING),
    "answer-lost": (_("The connection to TikTok broke."), _WAITS, _NOTHING),
    "unreadable-answer": (_("TikTok gave an answer that could not be read."), _WAITS, _NOTHING),
    "upload_interrupted": (_("The upload was interrupted."), _("Clipdesk goes on where TikTok stopped."), _NOTHING),
    "upload_refused": (_("TikTok ended this upload before it was complete."), _WAITS, _NOTHING),
    "bytes_missing": (
        _("TikTok has not confirmed the last part of the video."),
        _("Clipdesk asks again until that is certain, so that the post cannot appear twice."),
        _NOTHING,
    ),
    "reconnect_needed": (_("The account is no longer connected."), _("The post waits."), _RECONNECT),
    "scope_missing": (
        _("The account has not allowed Clipdesk to publish."),
        _("The post waits."),
        _("Reconnect the account and allow publishing."),
    ),
    "account_disconnected": (_("The account was disconnected."), _("The post waits."), _RECONNECT),
    "init_limit": (
        _("TikTok did not take the post after several attempts."),
        _GIVEN_UP,
        _("Make a new post and try again later."),
    ),
    "missed": (
        _("The post could not be started in time."),
        _NOT_SENT,
        _("Publish it now, choose a new time, or cancel it."),
    ),
    "options_changed": (
        _("What this account allows on TikTok has changed since you agreed."),
        _NOT_SENT,
        _("Open the post, choose again from what TikTok offers now, and publish."),
    ),
    "media_changed": (_("The file has changed or is missing."), _NOT_SENT, _("Upload the file again and choose it.")),
    "bug": (
        _("Clipdesk could not go on because of a fault of its own."),
        _NOT_SENT,
        _("Publish it again; if it happens again, tell whoever runs this Clipdesk."),
    ),
    "outcome_unknown": (
        _("The video was handed to TikTok, but TikTok did not say whether it was published."),
        _("Clipdesk sends nothing again by itself, so that the post cannot appear twice."),
        _("Look at the account in the TikTok app."),
    ),
    "quarantined": (
        _("The post is held because the system was restored from a backup."),
        _("Clipdesk sends nothing by itself."),
        _("Look at the account in the TikTok app first."),
    ),
}
_UNKNOWN: Final[Words] = (
    _("TikTok refused the post with a reason that it does not document."),
    _GIVEN_UP,
    _CHECK_IN_APP,
)


def _words(code: str) -> Words | None:
    code = _SAME_AS.get(code, code)
    return OURS.get(code) or TIKTOK.get(code)


def explain(code: str) -> Explanation:
    """The words for a code of TikTok or of ours; an unknown one is a refusal."""
    what, does, can = _words(code) or _UNKNOWN
    return Explanation(str(what), str(does), str(can))


def is_explained(code: str) -> bool:
    """Whether there are words of its own for this code."""
    return _words(code) is not None


def explain_post(post: Post) -> Explanation | None:
    """Why this post stands still, or ended badly; None when there is nothing to say."""
    if post.state == PostState.NEEDS_ATTENTION:
        return _explain_attention(post)
    if post.state in (PostState.FAILED, PostState.WAITING_ACCOUNT):
        return explain(post.error_code or post.tiktok_code or post.fail_reason)
    return explain(post.hold_reason) if post.hold_reason else None


def _explain_attention(post: Post) -> Explanation:
    """A missed post also tells what held it until it was too late."""
    words = explain(post.attention_reason)
    if post.attention_reason == AttentionReason.MISSED and is_explained(post.error_code):
        return Explanation(f"{words.what} {explain(post.error_code).what}", words.does, words.can)
    return words
