"""Problems of the REST API for calls that TikTok does not answer now; each says when to try again."""

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
DISCONNECTED: Final = KnownProblem(409, "account_disconnected", "a person has to connect the account again")
# What every call answers that asks TikTok. Where TikTok refuses, its own code is the problem's.
OF_TIKTOK: Final = (
    DISCONNECTED,
    KnownProblem(409, "reconnect_needed", "a person has to reconnect the account; also TikTok's own codes"),
    KnownProblem(409, "scope_missing", "the account has not allowed Clipdesk to publish: a person reconnects it"),
    KnownProblem(409, "spam_risk_too_many_posts", "the account has reached TikTok's cap of posts for 24 hours"),
    KnownProblem(409, "reached_active_user_cap", "the TikTok app has reached its cap of users for 24 hours"),
    KnownProblem(429, "rate", "TikTok's limit of calls for this account is reached"),
    KnownProblem(503, "refresh", "the account's access is being renewed"),
    KnownProblem(503, "connection_failed", "TikTok does not answer; also TikTok's own codes"),
)


def rate_problem(free_at: datetime | None, *, tiktok_code: str = "", log_id: str = "") -> ApiProblem:
    """429 ``rate``: the account has no calls to TikTok left this minute; ``free_at`` is when the next one may start."""
    seconds = max(1, ceil((free_at - read_db_now()).total_seconds())) if free_at else RATE_WINDOW_S
    text = _("TikTok's limit of calls per minute for this account is reached. Retry-After says when to try again.")
    return ApiProblem(429, "rate", text, retry_after_s=seconds, tiktok_code=tiktok_code, log_id=log_id)


def disconnected_problem(status: str = "") -> ApiProblem:
    """409 ``account_disconnected``: nothing can be done with the account until a person connects it again."""
    text = _("The account is disconnected. Connect it again first.")
    return ApiProblem(409, "account_disconnected", text, state=status)


def refresh_problem() -> ApiProblem:
    """503 ``refresh``: another request is renewing the account's tokens."""
    text = _("Clipdesk is renewing the account's access. Retry-After says when to try again.")
    return ApiProblem(503, "refresh", text, retry_after_s=REFRESH_RETRY_S)


def unavailable_problem(tiktok_code: str, *, log_id: str) -> ApiProblem:
    """503 under TikTok's own code: no answer, or one that says neither yes nor no."""
    text = _("TikTok did not answer as documented. Retry-After says when to try again.")
    code = tiktok_code.replace("-", "_")
    return ApiProblem(503, code, text, retry_after_s=OUTAGE_RETRY_S, tiktok_code=tiktok_code, log_id=log_id)
