"""Client secrets of our apps, old and new while one is being changed at TikTok."""

from collections.abc import Callable
from typing import TypeVar

from tiktok.api.errors import InvalidClient
from tiktok.api.secret import Secret
from tiktok.models import TikTokApp

R = TypeVar("R")


def with_client_secret(app: TikTokApp, call: Callable[[Secret], R]) -> R:
    """Run ``call`` with the app's secret, and with the one before it where TikTok does not know the new one yet.

    TikTok checks the client before anything else, so the first try spends neither code nor token.
    Raises Undecryptable, InvalidClient and whatever ``call`` raises.
    """
    try:
        return call(app.client_secret or Secret(""))
    except InvalidClient:
        if (old := app.old_client_secret) is None:
            raise
        return call(old)
