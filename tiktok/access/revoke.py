"""Giving a consent back to TikTok, whose answer may be lost on its way."""

import logging
from typing import Final

from tiktok.access.gateway import call_as_app
from tiktok.api import login_kit
from tiktok.api.errors import ErrorKind, TikTokError
from tiktok.api.secret import Secret
from tiktok.models import TikTokApp

log = logging.getLogger(__name__)
# No page says which of them TikTok answers about a token that has ended (docs/tiktok.md, section 3).
_TOKEN_ENDED: Final = frozenset({"invalid_request", "invalid_grant", "invalid_token", "access_token_invalid"})


def revoke(app: TikTokApp, access_token: Secret, *, was_asked: bool = False) -> None:
    """Take our app off the TikTok user's list. Where the answer is lost, TikTok is asked once more.

    ``was_asked``: an earlier answer was lost. TikTok not knowing the token after that is a success: it did what it
    was asked. Raises TikTokError; one whose kind is UNCLEAR where it is not known what TikTok did.
    """
    try:
        _ask(app, access_token)
    except TikTokError as error:
        if was_asked and is_about_ended_token(error):
            return
        if error.kind != ErrorKind.UNCLEAR:
            raise
        log.warning("TikTok's answer to a revoke was lost (%s); asking again", error)
        lost = error
    else:
        return
    try:
        _ask(app, access_token)
    except TikTokError as error:
        if not is_about_ended_token(error):
            raise lost from error


def is_about_ended_token(error: TikTokError) -> bool:
    """Whether TikTok refused a revoke since it does not know the token (any more)."""
    return error.code in _TOKEN_ENDED


def _ask(app: TikTokApp, access_token: Secret) -> None:
    call_as_app(
        app,
        lambda client, secret: login_kit.revoke_token(
            client, client_key=app.client_key, client_secret=secret, access_token=access_token
        ),
    )
