"""Sync now, by API: the profile read at once, or why not and when to come again."""

from math import ceil

from django.utils.translation import gettext as _

from instances.jobs.clock import read_db_now
from instances.problems import ApiProblem
from tiktok import throttle
from tiktok.api.errors import RateLimited, TikTokError
from tiktok.api.limits import RATE_WINDOW_S, Endpoint
from tiktok.linking.profile import sync_profile
from tiktok.linking.reasons import reason_text
from tiktok.linking.tokens import ReconnectNeeded, RefreshUnderWay
from tiktok.models import AccountStatus, TikTokAccount
from tiktok.throttle import RateHeld

REFRESH_RETRY_S = 3


def sync_or_problem(account: TikTokAccount) -> None:
    """Read the profile; repeating it does no harm.

    Raises ApiProblem: 409 where somebody has to reconnect first, 429 with Retry-After at TikTok's rate, 503 while
    TikTok does not answer.
    """
    if not account.is_active:
        raise _not_active(account)
    try:
        sync_profile(account)
    except ReconnectNeeded as error:
        raise _reconnect(error.reason) from error
    except RefreshUnderWay as error:
        text = _("The account's access is being renewed. Try again in a moment.")
        raise ApiProblem(503, "refresh", text, retry_after_s=REFRESH_RETRY_S) from error
    except (RateHeld, RateLimited) as error:
        text = _("TikTok's limit of calls per minute is reached.")
        raise ApiProblem(429, "rate", text, retry_after_s=_seconds(account)) from error
    except TikTokError as error:
        text = _("TikTok did not answer properly. Try again in a moment.")
        code = error.code.replace("-", "_")
        raise ApiProblem(503, code, text, tiktok_code=error.code, log_id=error.log_id) from error


def _seconds(account: TikTokAccount) -> int:
    until = throttle.free_at(account.credential_id, Endpoint.USER_INFO)
    return max(1, ceil((until - read_db_now()).total_seconds())) if until else RATE_WINDOW_S


def _not_active(account: TikTokAccount) -> ApiProblem:
    if account.status == AccountStatus.RECONNECT_NEEDED:
        return _reconnect(account.status_reason)
    return ApiProblem(409, "account_disconnected", _("The account was disconnected."), state=account.status)


def _reconnect(reason: str) -> ApiProblem:
    text = f"{reason_text(reason)} {_('Somebody has to reconnect it first.')}"
    return ApiProblem(409, "reconnect_needed", text, state=AccountStatus.RECONNECT_NEEDED)
