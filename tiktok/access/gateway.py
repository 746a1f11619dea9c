"""The way out to TikTok, or to whatever the settings put in its place."""

from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from tiktok.api.client import DEFAULT_BASE_URL, TikTokClient

# TikTok answers within seconds; and no answer may be waited for longer than two thirds of a claim's lease.
READ_TIMEOUT_S: Final = 20.0
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@lru_cache(maxsize=8)
def _client(base_url: str, authorize_url: str, read_timeout_s: float) -> TikTokClient:
    return TikTokClient(base_url, authorize_url=authorize_url, read_timeout_s=read_timeout_s)


def tiktok_client() -> TikTokClient:
    """The client that all threads of this process share; one per address, so that settings may change."""
    read_timeout_s = min(READ_TIMEOUT_S, settings.PUBLISH_LEASE_S * 2 / 3)
    return _client(settings.TIKTOK_API_BASE_URL, settings.TIKTOK_AUTHORIZE_URL, read_timeout_s)


def loopback_exception() -> tuple[str, int] | None:
    """The one (host, port) of this machine that the guarded client may ask: the API base, when it stands here."""
    base = urlsplit(settings.TIKTOK_API_BASE_URL)
    if settings.TIKTOK_API_BASE_URL == DEFAULT_BASE_URL or base.hostname not in LOOPBACK:
        return None
    return base.hostname, base.port or (443 if base.scheme == "https" else 80)
