"""What TikTok allows a creator right now, for the posting page, the API and the check before each start."""

from datetime import datetime

from django.utils.translation import gettext as _

from tiktok import quota, throttle
from tiktok.api import content_posting
from tiktok.api.errors import RateLimited, TikTokError
from tiktok.api.limits import Endpoint
from tiktok.api.types import CreatorInfo, Scope
from tiktok.linking.tokens import ReconnectNeeded, RefreshUnderWay
from tiktok.models import TikTokAccount
from tiktok.publishing import turns
from tiktok.publishing.calls import call_with_token
from tiktok.publishing.texts import explain


class CreatorInfoUnavailable(Exception):
    """TikTok's offer for this creator cannot be read now (UX-4: then nobody may post).

    ``code`` as in texts; ``user_message`` for people; ``tiktok_code`` and ``log_id`` for the details fold.
    ``retry_at``: when TikTok's rate allows the next call.
    """

    def __init__(self, code: str, *, tiktok_code: str = "", log_id: str = "", retry_at: datetime | None = None) -> None:
        super().__init__(code)
        self.code, self.tiktok_code, self.log_id, self.retry_at = code, tiktok_code, log_id, retry_at

    @property
    def what(self) -> str:
        """What happened, without what a reader of a page can do."""
        return explain(self.code).what

    @property
    def user_message(self) -> str:
        """What happened and what to do."""
        words = explain(self.code)
        can = _("Reconnect it first, and allow what TikTok asks for.") if self.needs_reconnect else words.can
        return f"{words.what} {can}".strip()

    @property
    def needs_reconnect(self) -> bool:
        """Whether only a new consent helps."""
        return self.code in ("reconnect_needed", "scope_missing", "account_disconnected")


def fetch_creator_info(account: TikTokAccount) -> CreatorInfo:
    """Ask TikTok afresh. Not inside a transaction. Raises CreatorInfoUnavailable."""
    if not account.is_active:
        raise CreatorInfoUnavailable("reconnect_needed")
    try:
        return ask_creator_info(account)
    except ReconnectNeeded as error:
        raise CreatorInfoUnavailable("reconnect_needed") from error
    except RefreshUnderWay as error:
        raise CreatorInfoUnavailable("refresh") from error
    except throttle.RateHeld as error:
        raise CreatorInfoUnavailable("rate", retry_at=error.until) from error
    except RateLimited as error:
        retry_at = throttle.free_at(account.credential_id, Endpoint.CREATOR_INFO)
        raise CreatorInfoUnavailable(
            error.code, tiktok_code=error.code, log_id=error.log_id, retry_at=retry_at
        ) from error
    except TikTokError as error:
        raise CreatorInfoUnavailable(error.code, tiktok_code=error.code, log_id=error.log_id) from error


def ask_creator_info(account: TikTokAccount) -> CreatorInfo:
    """As ``fetch_creator_info``, with the faults as they come; ReconnectNeeded also for a missing scope."""
    if Scope.VIDEO_PUBLISH not in account.credential.scopes:
        raise ReconnectNeeded("scope_missing")
    creator = call_with_token(
        account.credential_id,
        Endpoint.CREATOR_INFO,
        lambda client, token: content_posting.query_creator_info(client, access_token=token),
    )
    if quota.lift(account.credential):
        turns.wake_first(account.credential_id)
    return creator
