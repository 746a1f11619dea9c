"""Client secrets of our apps, old and new while one is being changed at TikTok."""

import logging
from collections.abc import Callable
from typing import TypeVar

from tiktok.api.errors import ErrorKind, InvalidClient, TikTokError
from tiktok.api.secret import Secret
from tiktok.models import TikTokApp
from tiktok.models.fields import Undecryptable

log = logging.getLogger(__name__)
R = TypeVar("R")


class ClientSecretUnreadable(TikTokError):
    """Our own copy of the app's secret cannot be read, so nothing was sent; only the operator can fix it.

    It passes when the key is back or the secret was entered again; until then accounts keep their status.
    """

    kind = ErrorKind.NET

    def __init__(self) -> None:
        super().__init__("client-secret-unreadable", may_repeat=True)


def with_client_secret(app: TikTokApp, call: Callable[[Secret], R]) -> R:
    """Run ``call`` with the app's secret, and with the previous one if TikTok does not know the new one yet.

    TikTok checks the client before anything else, so the first try spends neither code nor token. Raises
    ClientSecretUnreadable, InvalidClient and the exceptions of ``call``.
    """
    secret = _present_secret(app)
    try:
        return call(secret)
    except InvalidClient:
        if (old := _old_secret(app)) is None:
            raise
        return call(old)


def _present_secret(app: TikTokApp) -> Secret:
    try:
        return app.client_secret or Secret("")
    except Undecryptable as error:
        log.error("the operator is needed: the client secret of TikTok app %s cannot be read: %s", app.pk, error)
        raise ClientSecretUnreadable from error


def _old_secret(app: TikTokApp) -> Secret | None:
    try:
        old: Secret | None = app.old_client_secret
    except Undecryptable:
        return None
    return old
