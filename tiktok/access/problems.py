"""Problems of the REST API for calls that TikTok cannot answer now; each says when to try again."""

from datetime import datetime
from math import ceil
from typing import Final

from django.utils.translation import gettext as _

from core.jobs.clock import read_db_now
from core.web.openapi import KnownProblem
from core.web.problems import ApiProblem
from tiktok.api.limits import RATE_WINDOW_S

REFRESH_RETRY_S: Final = 3
OUTAGE_RETRY_S: Final = 30
DISCONNECTED: Final = KnownProblem(409, "account_disconnected", "a person must reconnect the account")
# Answers of every call that asks TikTok. If TikTok refuses, its own code is the problem's.
OF_TIKTOK: Final = (
    DISCONNECTED,
    KnownProblem(409, "reconnect_needed", "a person must reconnect the account; also TikTok's own codes"),
    KnownProblem(409, "scope_missing", "the account does not allow Clipdesk to publish: a person must reconnect it"),
    KnownProblem(409, "upload_scope_missing", "the account does not allow drafts: a person must reconnect it"),
    KnownProblem(409, "spam_risk_too_many_posts", "the account has reached TikTok's cap of posts for 24 hours"),
    KnownProblem(409, "reached_active_user_cap", "the TikTok app has reached its cap of users for 24 hours"),
    KnownProblem(429, "rate", "the account has reached TikTok's limit of calls"),
    KnownProblem(503, "refresh", "Clipdesk is renewing the account's access token"),
    KnownProblem(503, "connection_failed", "TikTok does not answer; also TikTok's own codes"),
)


def rate_problem(free_at: datetime | None, *, tiktok_code: str = "", log_id: str = "") -> ApiProblem:
    """Return 429 ``rate``: the account has no calls left this minute; ``free_at`` is when the next may start."""
    seconds = max(1, ceil((free_at - read_db_now()).total_seconds())) if free_at else RATE_WINDOW_S
    text = _("This account has reached TikTok’s limit of calls per minute. Try again after the time in Retry-After.")
    return ApiProblem(429, "rate", text, retry_after_s=seconds, tiktok_code=tiktok_code, log_id=log_id)


def disconnected_problem(status: str = "") -> ApiProblem:
    """Return 409 ``account_disconnected``: nothing can be done until a person reconnects the account."""
    text = _("The account is disconnected. Reconnect it first.")
    return ApiProblem(409, "account_disconnected", text, state=status)


def refresh_problem() -> ApiProblem:
    """Return 503 ``refresh``: another request is renewing the account's tokens."""
    text = _("Clipdesk is renewing the account’s access token. Try again after the time in Retry-After.")
    return ApiProblem(503, "refresh", text, retry_after_s=REFRESH_RETRY_S)


def unavailable_problem(tiktok_code: str, *, log_id: str) -> ApiProblem:
    """Return 503 with TikTok's own code: no answer, or one that is neither yes nor no."""
    text = _("TikTok did not answer as documented. Try again after the time in Retry-After.")
    code = tiktok_code.replace("-", "_")
    return ApiProblem(503, code, text, retry_after_s=OUTAGE_RETRY_S, tiktok_code=tiktok_code, log_id=log_id)
