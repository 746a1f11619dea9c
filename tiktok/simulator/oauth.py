"""The token and revoke endpoints: form in, flat JSON out, failures with HTTP 200."""

import hashlib
import hmac
import re
import secrets

from tiktok.simulator.entities import App, Code, Token
from tiktok.simulator.messages import Json, Refusal, Request, Response, json_response
from tiktok.simulator.world import World

DEVELOPER_REVOKED = 5  # of the webhook authorization.removed
VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")


def refused(code: str, description: str) -> Refusal:
    return Refusal(200, code, description)


def token(world: World, request: Request) -> Response:
    """Handle POST /v2/oauth/token/."""
    form = request.form()
    app = authenticate(world, form)
    grants = {
        "authorization_code": exchange_code,
        "refresh_token": refresh,
        "client_credentials": client_credentials,
    }
    grant = grants.get(required(form, "grant_type"))
    if grant is None:
        raise refused("unsupported_grant_type", "The grant type is not supported.")
    return json_response(grant(world, app, form))


def authenticate(world: World, form: dict[str, str]) -> App:
    client_key = required(form, "client_key")
    secret = required(form, "client_secret")
    app = world.apps.get(client_key)
    if app is None or not hmac.compare_digest(app.client_secret.encode(), secret.encode()):
        raise refused("invalid_client", "Client key or secret is incorrect.")
    return app


def required(form: dict[str, str], name: str) -> str:
    value = form.get(name, "")
    if not value:
        raise refused("invalid_request", f"The request parameters are malformed: {name} is missing.")
    return value


def exchange_code(world: World, app: App, form: dict[str, str]) -> Json:
    value, redirect_uri = required(form, "code"), required(form, "redirect_uri")
    code = world.codes.get(value)
    if code is None or code.client_key != app.client_key or code.expires_at <= world.now():
        raise refused("invalid_grant", "Authorization code is invalid or expired.")
    world.codes.remove(code)
    if redirect_uri != code.redirect_uri:
        raise refused("invalid_grant", "Redirect_uri does not match the one of the authorization request.")
    if app.type == "desktop":
        check_verifier(code, form)
    return world.mint(app, world.user(code.user), code.scopes)


def check_verifier(code: Code, form: dict[str, str]) -> None:
    """Check PKCE of desktop apps: the challenge is the hex digest of the verifier, not base64url."""
    verifier = required(form, "code_verifier")
    digest = hashlib.sha256(verifier.encode()).hexdigest()
    if not VERIFIER.fullmatch(verifier) or not hmac.compare_digest(digest, code.challenge):
        raise refused("invalid_request", "Code verifier or code challenge is invalid.")


def refresh(world: World, app: App, form: dict[str, str]) -> Json:
    """Return a new pair; the sent refresh token stops working, unless the app predates rotation."""
    value = required(form, "refresh_token")
    old = world.tokens.get(value)
    if not is_live(world, old, app, "refresh") or old is None:
        world.pairs.refuse(value)
        raise refused("invalid_grant", "Refresh token is invalid or expired.")
    return world.renew(app, world.user(old.user), old)


def is_live(world: World, token: Token | None, app: App, kind: str) -> bool:
    return (
        token is not None
        and token.kind == kind
        and token.client_key == app.client_key
        and token.expires_at > world.now()
    )


def client_credentials(world: World, app: App, _form: dict[str, str]) -> Json:
    value = f"clt.{secrets.token_urlsafe(36)}"
    world.tokens.save(Token(value, "client", app.client_key, "", [], world.now() + 7200))
    return {"access_token": value, "expires_in": 7200, "token_type": "Bearer"}


def revoke(world: World, request: Request) -> Response:
    """Handle POST /v2/oauth/revoke/, which takes the access token."""
    form = request.form()
    app = authenticate(world, form)
    access = world.tokens.get(required(form, "token"))
    if not is_live(world, access, app, "access") or access is None:
        raise refused("invalid_request", "Access token is invalid or expired.")
    world.revoke(app.client_key, access.user, reason=DEVELOPER_REVOKED)
    return json_response({})
