"""Access to TikTok, or to the replacement named in the settings. No other package has the client.

Calls for a stored credential go through ``call.py``; this module has those of the app, and those without a stored
token.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from typing import Final, TypeVar
from urllib.parse import urlsplit

from django.conf import settings

from core.jobs.waiting import release_slot
from tiktok.access.secrets import with_client_secret
from tiktok.api import login_kit
from tiktok.api.client import DEFAULT_BASE_URL, TikTokClient
from tiktok.api.secret import Secret
from tiktok.models import TikTokApp

T = TypeVar("T")

# TikTok answers within seconds; no wait for an answer may exceed two thirds of a claim's lease.
READ_TIMEOUT_S: Final = 20.0
IMPATIENT_CONNECT_S: Final = 3.0
IMPATIENT_READ_S: Final = 6.0
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@lru_cache(maxsize=8)
def _client(base_url: str, authorize_url: str, read_timeout_s: float) -> TikTokClient:
    return TikTokClient(base_url, authorize_url=authorize_url, read_timeout_s=read_timeout_s)


def tiktok_client() -> TikTokClient:
    """Return the client that all threads of this process share; one per address, so that settings may change."""
    read_timeout_s = min(READ_TIMEOUT_S, settings.PUBLISH_LEASE_S * 2 / 3)
    return _client(settings.TIKTOK_API_BASE_URL, settings.TIKTOK_AUTHORIZE_URL, read_timeout_s)


def call_as_app(app: TikTokApp, ask: Callable[[TikTokClient, Secret], T]) -> T:
    """Run ``ask`` with the app's client secret, or the one before it (see ``with_client_secret``)."""
    with release_slot():
        return with_client_secret(app, lambda secret: ask(tiktok_client(), secret))


def check_secret(app: TikTokApp, secret: Secret, *, is_impatient: bool = False) -> None:
    """Check whether TikTok knows the app with this secret; harmless. Raises InvalidClient, and other TikTokErrors.

    ``is_impatient``: a person waits for the answer in a browser.
    """
    with release_slot():
        client = _impatient_client() if is_impatient else tiktok_client()
        login_kit.check_client(client, client_key=app.client_key, client_secret=secret)


def tiktoks_time() -> datetime | None:
    """Return TikTok's time, if its answer contains it.

    Raises TikTokError when TikTok does not answer within seconds.
    """
    with release_slot():
        return _impatient_client().server_time()


def _impatient_client() -> TikTokClient:
    """Return a client with shorter time-outs than workers use, for a person who waits in a browser."""
    return TikTokClient(
        settings.TIKTOK_API_BASE_URL, authorize_url=settings.TIKTOK_AUTHORIZE_URL,
        connect_timeout_s=IMPATIENT_CONNECT_S, read_timeout_s=IMPATIENT_READ_S,
    )  # fmt: skip


def call_without_credential(ask: Callable[[TikTokClient], T]) -> T:
    """Run ``ask`` without a stored token: for a signed upload URL, or tokens that TikTok has just issued."""
    with release_slot():
        return ask(tiktok_client())


def consent_url(
    *, client_key: str, scopes: Iterable[str], redirect_uri: str, state: str, code_challenge: str | None
) -> str:
    """Return the address of TikTok's consent page; nothing is sent."""
    return login_kit.authorize_url(
        tiktok_client(), client_key=client_key, scopes=scopes, redirect_uri=redirect_uri, state=state,
        code_challenge=code_challenge,
    )  # fmt: skip


def loopback_exception() -> tuple[str, int] | None:
    """Return the one (host, port) of this machine that the guarded client may call: the API base, if it is local."""
    base = urlsplit(settings.TIKTOK_API_BASE_URL)
    if settings.TIKTOK_API_BASE_URL == DEFAULT_BASE_URL or base.hostname not in LOOPBACK:
        return None
    return base.hostname, base.port or (443 if base.scheme == "https" else 80)
