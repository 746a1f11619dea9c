"""TikTok's errors, and whether the same call may safely be made again.

Texts for people are elsewhere. Nothing here ever holds a token, a secret, an upload URL or a raw body.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from .limits import QUOTA_WINDOW_S, RATE_WINDOW_S
from .types import FailReason


class ErrorKind(StrEnum):
    NET = "net"  # no byte of the request was sent
    UNCLEAR = "unclear"  # sent; the result is unknown
    RATE = "rate"
    SERVER = "server"
    AUTH = "auth"
    SCOPE = "scope"
    QUOTA = "quota"
    POLICY = "policy"
    OPERATOR = "operator"
    INPUT = "input"


class TikTokError(Exception):
    """A call that did not succeed.

    ``code``        TikTok's code, or ours (with a hyphen) if TikTok sent none.
    ``message``     TikTok's text with secrets and addresses taken out; not for people.
    ``log_id``      the id that TikTok's support asks for; may be empty.
    ``http_status`` None if no answer came.
    ``may_repeat``  the same call with the same arguments does no harm when repeated.
    ``hold_s``      wait at least so many seconds before a further call; None: unknown.
    ``was_sent``    the call itself was made; False if it failed while its access token was fetched.
    """

    kind: ErrorKind = ErrorKind.UNCLEAR
    was_sent = True

    def __init__(
        self,
        code: str,
        *,
        message: str = "",
        log_id: str = "",
        http_status: int | None = None,
        kind: ErrorKind | None = None,
        may_repeat: bool = False,
        hold_s: int | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.log_id = log_id
        self.http_status = http_status
        self.kind = kind or type(self).kind
        self.may_repeat = may_repeat
        self.hold_s = hold_s

    @property
    def is_definite(self) -> bool:
        """Return whether the call certainly did nothing: nothing was sent, or TikTok itself refused it with a 4xx."""
        if self.kind is ErrorKind.NET:
            return True
        is_refusal = self.http_status is not None and 400 <= self.http_status < 500
        return is_refusal and not isinstance(self, UnreadableAnswer)

    @property
    def is_about_chunks(self) -> bool:
        """Return whether TikTok refuses the chunk plan of an upload; only its message says so."""
        return self.code in ("invalid_param", "invalid_params") and "chunk" in self.message.lower()

    def __str__(self) -> str:
        """Return code, status and log_id; not the message, which is TikTok's free text."""
        facts = [f"HTTP {self.http_status}" if self.http_status else "no answer"]
        if self.log_id:
            facts.append(f"log_id {self.log_id}")
        return f"{self.code} ({', '.join(facts)})"


class ConnectionFailed(TikTokError):
    """Nothing was sent: name not found, refused, time-out while connecting, no TLS."""

    kind = ErrorKind.NET


class AnswerLost(TikTokError):
    """The request, or part of it, was sent; the answer did not come."""

    kind = ErrorKind.UNCLEAR


class UnreadableAnswer(TikTokError):
    """An answer came that does not say what happened."""

    kind = ErrorKind.UNCLEAR


class TikTokUnavailable(TikTokError):
    """A fault on TikTok's side; not a definite refusal."""

    kind = ErrorKind.SERVER


class RateLimited(TikTokError):
    kind = ErrorKind.RATE


class AccessTokenInvalid(TikTokError):
    """The token is invalid: refresh once and repeat; then the account needs reconnecting."""

    kind = ErrorKind.AUTH


class AuthorizationRefused(TikTokError):
    """The person or TikTok refused, or the authorization code is not usable."""

    kind = ErrorKind.AUTH


class RefreshTokenRejected(TikTokError):
    """The refresh token is expired, revoked, used up by another worker, or another client's."""

    kind = ErrorKind.AUTH


class ScopeNotAuthorized(TikTokError):
    """The person has not granted what the call needs; only a new consent helps."""

    kind = ErrorKind.SCOPE


class QuotaReached(TikTokError):
    """The creator's, or the app's, posts of these 24 hours are used up."""

    kind = ErrorKind.QUOTA


class PolicyRefused(TikTokError):
    """TikTok does not let this creator, app or content post."""

    kind = ErrorKind.POLICY


class OperatorFault(TikTokError):
    """The app's configuration is wrong; only the operator can fix it."""

    kind = ErrorKind.OPERATOR


class InvalidClient(OperatorFault):
    """The client key or secret is wrong."""


class InvalidInput(TikTokError):
    """TikTok does not accept a field, option or file."""

    kind = ErrorKind.INPUT


class PublishIdUnknown(TikTokError):
    """TikTok does not know the publish_id, or knows it as another user's or app's."""

    kind = ErrorKind.OPERATOR


class UnknownRefusal(TikTokError):
    """A refusal with an undocumented code: never success, never resent unchanged."""

    kind = ErrorKind.POLICY


@dataclass(frozen=True, slots=True)
class Rule:
    """The meaning of a code: the class (with its kind), and what may follow."""

    error: type[TikTokError]
    may_repeat: bool = False
    hold_s: int | None = None


_RATE = Rule(RateLimited, may_repeat=True, hold_s=RATE_WINDOW_S)
_SERVER = Rule(TikTokUnavailable, may_repeat=True)
_QUOTA = Rule(QuotaReached, hold_s=QUOTA_WINDOW_S)
_POLICY = Rule(PolicyRefused)
_OPERATOR = Rule(OperatorFault)
_INPUT = Rule(InvalidInput)
_SCOPE = Rule(ScopeNotAuthorized)
_GRANT = Rule(AuthorizationRefused)
_UNKNOWN = Rule(UnknownRefusal)

RULES: Mapping[str, Rule] = {
    # https://developers.tiktok.com/doc/tiktok-api-v2-error-handling
    "access_token_invalid": Rule(AccessTokenInvalid),
    "scope_not_authorized": _SCOPE,
    "scope_permission_missed": _SCOPE,
    "invalid_params": _INPUT,
    "invalid_param": _INPUT,
    "invalid_file_upload": _INPUT,
    "rate_limit_exceeded": _RATE,
    "internal_error": _SERVER,
    # https://developers.tiktok.com/doc/content-posting-api-reference-query-creator-info
    # https://developers.tiktok.com/doc/content-posting-api-reference-direct-post
    "spam_risk_too_many_posts": _QUOTA,
    "spam_risk_user_banned_from_posting": _POLICY,
    "reached_active_user_cap": _QUOTA,
    "unaudited_client_can_only_post_to_private_accounts": _POLICY,
    "url_ownership_unverified": _OPERATOR,
    "privacy_level_option_mismatch": _INPUT,
    # https://developers.tiktok.com/doc/content-posting-api-reference-upload-video
    "spam_risk_too_many_pending_share": _QUOTA,
    # https://developers.tiktok.com/doc/content-posting-api-reference-photo-post
    "app_version_check_failed": _INPUT,
    # Named for requests by the list of fail reasons on the status page
    "spam_risk": _POLICY,
    "spam_risk_text": _POLICY,
    # https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status
    "invalid_publish_id": Rule(PublishIdUnknown),
    "token_not_authorized_for_specified_publish_id": Rule(PublishIdUnknown),
    # https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide
    "publish_not_cancellable": _INPUT,
    # https://developers.tiktok.com/doc/oauth-error-handling
    "access_denied": _GRANT,
    "invalid_client": Rule(InvalidClient),
    "invalid_grant": _GRANT,
    "invalid_request": _OPERATOR,
    "invalid_scope": _OPERATOR,
    "unauthorized_client": _OPERATOR,
    "unsupported_grant_type": _OPERATOR,
    "unsupported_response_type": _OPERATOR,
    "server_error": _SERVER,
    "temporarily_unavailable": _SERVER,
}


def rule_for(code: str, http_status: int) -> Rule:
    """Return the rule of a documented code; an unknown 5xx may be repeated, any other unknown code never."""
    return RULES.get(code) or (_SERVER if http_status >= 500 else _UNKNOWN)


@dataclass(frozen=True, slots=True)
class FailClass:
    """The meaning of a FAILED status; ``new_init_allowed`` after the hold of its kind, if any."""

    kind: ErrorKind
    new_init_allowed: bool


_MEDIA = FailClass(ErrorKind.INPUT, new_init_allowed=False)
_REFUSED = FailClass(ErrorKind.POLICY, new_init_allowed=False)
_FAULT = FailClass(ErrorKind.SERVER, new_init_allowed=True)

# https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status
FAIL_CLASSES: Mapping[str, FailClass] = {
    FailReason.FILE_FORMAT_CHECK_FAILED: _MEDIA,
    FailReason.DURATION_CHECK_FAILED: _MEDIA,
    FailReason.FRAME_RATE_CHECK_FAILED: _MEDIA,
    FailReason.PICTURE_SIZE_CHECK_FAILED: _MEDIA,
    FailReason.INTERNAL: _FAULT,
    FailReason.VIDEO_PULL_FAILED: _FAULT,
    FailReason.PHOTO_PULL_FAILED: _FAULT,
    FailReason.PUBLISH_CANCELLED: FailClass(ErrorKind.INPUT, new_init_allowed=False),
    FailReason.AUTH_REMOVED: FailClass(ErrorKind.AUTH, new_init_allowed=False),
    FailReason.SPAM_RISK_TOO_MANY_POSTS: FailClass(ErrorKind.QUOTA, new_init_allowed=True),
    FailReason.SPAM_RISK_USER_BANNED_FROM_POSTING: _REFUSED,
    FailReason.SPAM_RISK_TEXT: _REFUSED,
    FailReason.SPAM_RISK: _REFUSED,
}


def classify_fail_reason(reason: str) -> FailClass:
    """Return the meaning of a ``fail_reason``; an undocumented one is a refusal that is not repeated."""
    return FAIL_CLASSES.get(reason, _REFUSED)
