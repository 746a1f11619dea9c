"""OAuth with TikTok. https://developers.tiktok.com/doc/login-kit-web"""

import base64
import hashlib
import secrets
from collections.abc import Iterable
from typing import Literal
from urllib.parse import urlencode

from .answers import Answer, Fields, read_flat, undecided
from .client import TikTokClient
from .errors import AuthorizationRefused, RefreshTokenRejected
from .limits import Endpoint
from .secret import Secret
from .types import Scope, TokenSet

ChallengeMode = Literal["hex", "base64url"]
_NOBODYS = Secret("rft.clipdesk-asks-whether-key-and-secret-are-right")
_SCOPE_ORDER = {scope.value: place for place, scope in enumerate(Scope)}


def authorize_url(
    client: TikTokClient,
    *,
    client_key: str,
    scopes: Iterable[str],
    redirect_uri: str,
    state: str,
    code_challenge: str | None = None,
) -> str:
    """Return the address of the consent page for the browser.

    The page is always shown: otherwise a TikTok user who happens to be signed in would be linked without consent.
    Scopes are separated by commas and always in the same order.
    """
    query = {
        "client_key": client_key,
        "response_type": "code",
        "scope": ",".join(sorted(set(scopes), key=_scope_place)),
        "redirect_uri": redirect_uri,
        "state": state,
        "disable_auto_auth": "1",
    }
    if code_challenge is not None:
        query |= {"code_challenge": code_challenge, "code_challenge_method": "S256"}
    return f"{client.authorize_url}{'&' if '?' in client.authorize_url else '?'}{urlencode(query)}"


def make_verifier() -> str:
    """Return a fresh PKCE verifier of 64 characters; TikTok takes 43 to 128."""
    return secrets.token_urlsafe(48)


def challenge(verifier: str, mode: ChallengeMode) -> str:
    """Return the S256 challenge: ``hex`` for TikTok's desktop apps, ``base64url`` as in RFC 7636.

    https://developers.tiktok.com/doc/login-kit-desktop
    """
    digest = hashlib.sha256(verifier.encode("ascii"))
    if mode == "hex":
        return digest.hexdigest()
    return base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode("ascii")


def fetch_token(
    client: TikTokClient,
    *,
    client_key: str,
    client_secret: Secret,
    code: str,
    redirect_uri: str,
    code_verifier: str | None = None,
) -> TokenSet:
    """Exchange an authorization code, once and at once; ``code`` as decoded, ``redirect_uri`` as authorized.

    Raises AuthorizationRefused (code of no use), InvalidClient, OperatorFault, TikTokUnavailable,
    ConnectionFailed, AnswerLost, UnreadableAnswer; a code is never sent twice, so of these only
    ConnectionFailed may repeat.
    https://developers.tiktok.com/doc/oauth-get-a-user-access-token
    """
    form: dict[str, str | Secret] = {
        "client_key": client_key,
        "client_secret": client_secret,
        "code": Secret(code),
        "grant_type": "authorization_code",
        "redirect_uri": redirect_uri,
    }
    if code_verifier is not None:
        form["code_verifier"] = Secret(code_verifier)
    return _token_set(client.post_form(Endpoint.OAUTH_TOKEN, form, may_repeat=False))


def refresh_token(client: TikTokClient, *, client_key: str, client_secret: Secret, refresh_token: Secret) -> TokenSet:
    """Return a new pair; save both at once, the old refresh token is invalid now. One refresh at a time.

    Raises RefreshTokenRejected, InvalidClient, OperatorFault, TikTokUnavailable, ConnectionFailed, AnswerLost,
    UnreadableAnswer. After TikTokUnavailable, AnswerLost and UnreadableAnswer TikTok may have rotated: a repeat does no
    harm, and RefreshTokenRejected then means that the new pair is lost.
    https://developers.tiktok.com/docs/en/oauth-refresh-a-user-access-token
    """
    form: dict[str, str | Secret] = {
        "client_key": client_key,
        "client_secret": client_secret,
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
    }
    try:
        return _token_set(client.post_form(Endpoint.OAUTH_TOKEN, form, may_repeat=True))
    except AuthorizationRefused as refused:
        if refused.code != "invalid_grant":
            raise
        raise RefreshTokenRejected(
            refused.code, message=refused.message, log_id=refused.log_id, http_status=refused.http_status
        ) from None


def check_client(client: TikTokClient, *, client_key: str, client_secret: Secret) -> None:
    """Check whether TikTok knows this key with this secret, by a refresh with a token that it never issued.

    TikTok checks the client before the token, so its refusal of the token means yes. Raises InvalidClient for no,
    OperatorFault (``unauthorized_client``: the app may not use this), and connection errors.
    https://developers.tiktok.com/doc/oauth-error-handling
    """
    try:
        refresh_token(client, client_key=client_key, client_secret=client_secret, refresh_token=_NOBODYS)
    except RefreshTokenRejected:
        return


def revoke_token(client: TikTokClient, *, client_key: str, client_secret: Secret, access_token: Secret) -> None:
    """Remove the app from the user's list of connected apps. Repeating it does no harm.

    Raises InvalidClient, AuthorizationRefused (token already invalid) and connection errors.
    https://developers.tiktok.com/docs/en/oauth-revoke-a-user-access-token
    """
    form: dict[str, str | Secret] = {
        "client_key": client_key,
        "client_secret": client_secret,
        "token": access_token,
    }
    answer = client.post_form(Endpoint.OAUTH_REVOKE, form, may_repeat=True)
    read_flat(answer)
    if not answer.is_success:
        raise undecided(answer)


def _token_set(answer: Answer) -> TokenSet:
    fields = read_flat(answer)
    if "access_token" not in fields.values:
        raise undecided(answer)
    return TokenSet(
        open_id=fields.text("open_id"),
        scopes=_scopes(fields),
        access_token=fields.secret("access_token"),
        refresh_token=fields.secret("refresh_token"),
        expires_in_s=fields.integer("expires_in"),
        refresh_expires_in_s=fields.integer("refresh_expires_in"),
        token_type=fields.optional_text("token_type") or "Bearer",
    )


def _scopes(fields: Fields) -> tuple[str, ...]:
    listed = (fields.optional_text("scope") or "").split(",")
    return tuple(scope.strip() for scope in listed if scope.strip())


def _scope_place(scope: str) -> tuple[int, str]:
    return _SCOPE_ORDER.get(scope, len(_SCOPE_ORDER)), scope
