"""Sync an account for the API, or say why not and when to retry."""

from django.utils.translation import gettext as _

from core.web.problems import ApiProblem
from tiktok.access import throttle
from tiktok.access.problems import disconnected_problem, rate_problem, refresh_problem, unavailable_problem
from tiktok.access.reasons import reason_text
from tiktok.access.throttle import RateHeld
from tiktok.access.tokens import ReconnectNeeded, RefreshUnderWay
from tiktok.accounts.profile import sync_profile
from tiktok.api.errors import RateLimited, TikTokError
from tiktok.api.limits import Endpoint
from tiktok.models import AccountStatus, TikTokAccount


def sync_or_problem(account: TikTokAccount) -> None:
    """Read the profile; may run twice.

    Raises ApiProblem: 409 if the account needs a reconnect, 429 with Retry-After at TikTok's rate limit, 503 while
    TikTok does not answer.
    """
    if not account.is_active:
        raise _not_active(account)
    try:
        sync_profile(account)
    except ReconnectNeeded as error:
        raise _reconnect(error.reason) from error
    except RefreshUnderWay as error:
        raise refresh_problem() from error
    except RateHeld as error:
        raise rate_problem(error.until) from error
    except RateLimited as error:
        free_at = throttle.free_at(account.credential_id, Endpoint.USER_INFO)
        raise rate_problem(free_at, tiktok_code=error.code, log_id=error.log_id) from error
    except TikTokError as error:
        raise unavailable_problem(error.code, log_id=error.log_id) from error


def _not_active(account: TikTokAccount) -> ApiProblem:
    if account.status == AccountStatus.RECONNECT_NEEDED:
        return _reconnect(account.status_reason)
    return disconnected_problem(account.status)


def _reconnect(reason: str) -> ApiProblem:
    text = f"{reason_text(reason)} {_('Reconnect the account first.')}"
    return ApiProblem(409, "reconnect_needed", text, state=AccountStatus.RECONNECT_NEEDED)
