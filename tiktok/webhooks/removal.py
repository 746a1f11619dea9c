"""Handle ``authorization.removed``: the consent of a TikTok user has ended, in every instance that shares it.

Deliveries come late and in any order, and the TikTok user may have consented again since. So TikTok's time of the event
is compared with that of our newest tokens, which an ended grant would not have given us; where the clocks could
mislead, TikTok is asked.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from tiktok.access import reasons
from tiktok.access.status import explain_withdrawal, is_linked, need_reconnect
from tiktok.access.tokens import ReconnectNeeded, RefreshUnderWay, usable_token
from tiktok.api.errors import TikTokError
from tiktok.api.webhooks import RemovalReason, parse_delivery
from tiktok.models import TikTokCredential, WebhookDelivery
from tiktok.webhooks.outcome import Later, Outcome, applies, ignores

# The largest difference between TikTok's clock and the database's.
SKEW: Final = timedelta(minutes=5)

WORDS: Final[Mapping[RemovalReason, str]] = {
    RemovalReason.UNKNOWN: reasons.WITHDRAWN,
    RemovalReason.USER_DISCONNECTED: reasons.USER_DISCONNECTED,
    RemovalReason.ACCOUNT_DELETED: reasons.ACCOUNT_DELETED,
    RemovalReason.AGE_CHANGED: reasons.AGE_CHANGED,
    RemovalReason.ACCOUNT_BANNED: reasons.ACCOUNT_BANNED,
    RemovalReason.DEVELOPER_REVOKED: reasons.DEVELOPER_REVOKED,
}


class Order(Enum):
    """The order of the event and our newest tokens."""

    EVENT_FIRST = auto()
    TOKENS_FIRST = auto()
    UNCLEAR = auto()


def authorization_removed(row: WebhookDelivery) -> Outcome:
    """Mark the accounts of this app and TikTok user as needing a reconnect, with TikTok's reason. Raises Later."""
    word = WORDS[parse_delivery(row.body.encode()).removal_reason]
    credential = TikTokCredential.objects.filter(app_id=row.app_id, open_id=row.user_openid).first()
    if credential is None:
        return ignores("unknown_user")
    if credential.access_issued_at is None or not is_linked(credential.pk):
        return ignores("not_linked")  # as after our own revoke
    order = _order(row, credential.access_issued_at)
    if order is Order.EVENT_FIRST:
        return ignores("superseded")
    return _take_back(credential, word, order)


def _order(row: WebhookDelivery, issued_at: datetime) -> Order:
    happened = row.event_at
    if happened is None or happened > row.received_at + SKEW or abs(happened - issued_at) <= SKEW:
        return Order.UNCLEAR
    return Order.EVENT_FIRST if happened < issued_at else Order.TOKENS_FIRST


def _take_back(credential: TikTokCredential, word: str, order: Order) -> Outcome:
    if credential.withdrawn_at is None:
        if order is Order.UNCLEAR:
            if _is_alive(credential):
                return ignores("still_granted")
        elif not need_reconnect(credential.pk, seen_version=credential.version, reason=word):
            raise Later("tokens_changed")
    explain_withdrawal(credential.pk, reason=word)
    return applies(word)


def _is_alive(credential: TikTokCredential) -> bool:
    """Ask TikTok by a refresh, which it refuses after the grant has ended."""
    try:
        usable_token(credential.pk, refresh_now=credential.version)
    except ReconnectNeeded:
        return False
    except (RefreshUnderWay, TikTokError) as error:
        raise Later(type(error).__name__) from error
    return True
