"""One way to call TikTok for a credential: a fresh token, no database connection held, one refresh on a 401."""

import random
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from tiktok import throttle
from tiktok.api.client import TikTokClient
from tiktok.api.errors import AccessTokenInvalid, RateLimited
from tiktok.api.limits import RATE_WINDOW_S, Endpoint
from tiktok.api.secret import Secret
from tiktok.gateway import give_back_connection, tiktok_client
from tiktok.linking.status import need_reconnect
from tiktok.linking.tokens import ReconnectNeeded, usable_token

T = TypeVar("T")


def call_with_token(credential_id: UUID, endpoint: Endpoint, call: Callable[[TikTokClient, Secret], T]) -> T:
    """Run ``call``; its rate slot has been taken. A 429 gates the credential and endpoint for all workers.

    Raises what ``call`` and ``usable_token`` raise; a token refused twice is ReconnectNeeded.
    """
    token = usable_token(credential_id)
    try:
        return _outside(credential_id, endpoint, call, token.access_token)
    except AccessTokenInvalid:
        fresh = usable_token(credential_id, refresh_now=token.version)
    try:
        return _outside(credential_id, endpoint, call, fresh.access_token)
    except AccessTokenInvalid as error:
        need_reconnect(credential_id, seen_version=fresh.version, reason="token_refused")
        raise ReconnectNeeded("token_refused") from error


def _outside(credential_id: UUID, endpoint: Endpoint, call: Callable[[TikTokClient, Secret], T], token: Secret) -> T:
    give_back_connection()
    try:
        return call(tiktok_client(), token)
    except RateLimited as error:
        seconds = max(error.hold_s or 0, RATE_WINDOW_S)
        throttle.gate(credential_id, endpoint, seconds=seconds + random.uniform(1, 10))  # noqa: S311 - jitter
        raise
