"""One way to call TikTok for a credential: a fresh token, no database connection held, one refresh on a 401."""

from collections.abc import Callable
from typing import Final, TypeVar
from uuid import UUID

from core.jobs.connection import give_back_connection
from core.jobs.desks import desks
from tiktok.access import throttle
from tiktok.access.gateway import tiktok_client
from tiktok.access.status import need_reconnect
from tiktok.access.tokens import ReconnectNeeded, refuse_token, token_with_slot, usable_token
from tiktok.api.client import TikTokClient
from tiktok.api.errors import AccessTokenInvalid, RateLimited, TikTokError
from tiktok.api.limits import Endpoint
from tiktok.api.secret import Secret

T = TypeVar("T")
# Also where no envelope says so: some gateways answer with a page.
TOO_MANY: Final = 429


def call_with_token(
    credential_id: UUID,
    endpoint: Endpoint,
    call: Callable[[TikTokClient, Secret], T],
    *,
    reserve: int = 0,
    has_slot: bool = False,
) -> T:
    """Run ``call``, spending a rate slot for each request, right before it; a 429 gates them for all workers.

    ``reserve``: slots to leave for others; ``has_slot``: the first one has been taken. Raises RateHeld and what
    ``call`` and ``usable_token`` raise; a token refused twice is ReconnectNeeded.
    """
    token = usable_token(credential_id) if has_slot else token_with_slot(credential_id, endpoint, reserve=reserve)
    try:
        return _outside(credential_id, endpoint, call, token.access_token)
    except AccessTokenInvalid:
        refuse_token(token, credential_id)
    token = token_with_slot(credential_id, endpoint, reserve=reserve, refused=token.version)
    try:
        return _outside(credential_id, endpoint, call, token.access_token)
    except AccessTokenInvalid as error:
        refuse_token(token, credential_id)
        need_reconnect(credential_id, seen_version=token.version, reason="token_refused")
        raise ReconnectNeeded("token_refused") from error


def _outside(credential_id: UUID, endpoint: Endpoint, call: Callable[[TikTokClient, Secret], T], token: Secret) -> T:
    give_back_connection()
    try:
        with desks.away():
            return call(tiktok_client(), token)
    except TikTokError as error:
        if error.http_status == TOO_MANY or isinstance(error, RateLimited):
            throttle.gate_after(credential_id, endpoint, error)
        raise
