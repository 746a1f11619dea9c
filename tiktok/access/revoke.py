"""Revoke an authorization at TikTok, whose answer may be lost."""

import logging
from typing import Final

from tiktok.access.gateway import call_as_app
from tiktok.api import login_kit
from tiktok.api.errors import ErrorKind, TikTokError
from tiktok.api.secret import Secret
from tiktok.models import TikTokApp

log = logging.getLogger(__name__)
# TikTok does not document which of them it answers about a token that has ended (docs/tiktok.md, section 3).
_TOKEN_ENDED: Final = frozenset({"invalid_request", "invalid_grant", "invalid_token", "access_token_invalid"})


def revoke(app: TikTokApp, access_token: Secret, *, was_asked: bool = False) -> None:
    """Revoke the app's authorization. If the answer is lost, ask TikTok once more.

    ``was_asked``: an earlier answer was lost. If TikTok then does not know the token, that is a success: it did what it
    was asked. Raises TikTokError; one of kind UNCLEAR if it is not known what TikTok did.
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
    """Return whether TikTok refused a revoke because it does not know the token."""
    return error.code in _TOKEN_ENDED


def _ask(app: TikTokApp, access_token: Secret) -> None:
    call_as_app(
        app,
        lambda client, secret: login_kit.revoke_token(
            client, client_key=app.client_key, client_secret=secret, access_token=access_token
        ),
    )
