"""The one way to call TikTok for a credential: a usable token, a rate slot, and one meaning for each refusal."""

from collections.abc import Callable
from typing import Final, TypeVar
from uuid import UUID

from core.jobs.waiting import release_slot
from tiktok.access import throttle
from tiktok.access.gateway import tiktok_client
from tiktok.access.status import need_reconnect
from tiktok.access.tokens import ReconnectNeeded, UsableToken, refuse_token, token_with_slot, usable_token
from tiktok.api.client import TikTokClient
from tiktok.api.errors import AccessTokenInvalid, RateLimited, TikTokError
from tiktok.api.limits import Endpoint
from tiktok.models import TikTokCredential

T = TypeVar("T")
# Also without an envelope: some gateways answer with a page.
TOO_MANY: Final = 429


def call(
    credential_id: UUID,
    endpoint: Endpoint,
    ask: Callable[[TikTokClient, UsableToken], T],
    *,
    reserve: int = 0,
    has_slot: bool = False,
    known: TikTokCredential | None = None,
) -> T:
    """Run ``ask`` for a credential, spending a rate slot per request; a 429 gates them for all workers.

    ``reserve``: slots to leave for others; ``has_slot``: the first one has been taken; ``known``: the credential as it
    was read a moment ago. If TikTok refuses the access token, it is refreshed once. Raises RateHeld, RefreshUnderWay,
    TikTokError, and ReconnectNeeded, also when TikTok refuses the fresh token: then the account waits for a person, but
    its tokens are kept (TikTok may be wrong).
    """
    if has_slot:
        token = usable_token(credential_id)
    else:
        token = token_with_slot(credential_id, endpoint, reserve=reserve, known=known)
    try:
        return _ask(credential_id, endpoint, ask, token)
    except AccessTokenInvalid:
        refuse_token(token, credential_id)
    token = token_with_slot(credential_id, endpoint, reserve=reserve, refused=token.version)
    try:
        return _ask(credential_id, endpoint, ask, token)
    except AccessTokenInvalid as error:
        refuse_token(token, credential_id)
        need_reconnect(credential_id, seen_version=token.version, reason="token_refused")
        raise ReconnectNeeded("token_refused") from error


def _ask(
    credential_id: UUID, endpoint: Endpoint, ask: Callable[[TikTokClient, UsableToken], T], token: UsableToken
) -> T:
    try:
        with release_slot():
            return ask(tiktok_client(), token)
    except TikTokError as error:
        if error.http_status == TOO_MANY or isinstance(error, RateLimited):
            throttle.gate_after(credential_id, endpoint, error)
        raise
