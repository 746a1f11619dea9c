"""GET and POST /v2/auth/authorize/: sign-in and consent."""

import secrets
from dataclasses import dataclass
from html import escape
from http.cookies import SimpleCookie
from urllib.parse import parse_qsl, urlencode

from tiktok.simulator import pages
from tiktok.simulator.entities import SCOPES, App, Code, User
from tiktok.simulator.messages import Refusal, Request, Response
from tiktok.simulator.world import World

COOKIE = "simulated_tiktok_session"


@dataclass(frozen=True)
class Asked:
    """A valid authorization request."""

    app: App
    redirect_uri: str
    state: str
    scopes: list[str]
    challenge: str
    always_show: bool


def authorize(world: World, request: Request) -> Response:
    """Show the page, or skip it for a signed-in user when ``disable_auto_auth`` is not 1."""
    try:
        asked = parse(world, request.params())
    except Refusal as refusal:
        return error_page(refusal)
    user = signed_in_user(world, request)
    if user is None or asked.always_show:
        return page(pages.consent(asked.app, asked.scopes, world.users.all(), user, request.query))
    grant = world.grants.get(f"{asked.app.client_key}/{user.id}")
    granted = set(grant.scopes) if grant else set(asked.scopes)
    return allowed(world, asked, user, [scope for scope in asked.scopes if scope in granted])


def decide(world: World, request: Request) -> Response:
    """Handle the page's form: Allow or Cancel."""
    try:
        asked = parse(world, request.params())
    except Refusal as refusal:
        return error_page(refusal)
    answers = parse_qsl(request.content.decode("utf-8", "replace"), keep_blank_values=True)
    chosen = {value for name, value in answers if name == "scope"}
    user = world.users.get(dict(answers).get("user", ""))
    scopes = [scope for scope in asked.scopes if scope in chosen]
    if ("decision", "allow") not in answers or not scopes:
        return denied(asked)
    if user is None:
        return error_page(Refusal(400, "invalid_request", "Choose a user to sign in as."))
    return allowed(world, asked, user, scopes)


def parse(world: World, params: dict[str, str]) -> Asked:
    """Parse the request. Raises Refusal with the text of TikTok's error page."""
    app = world.apps.get(params.get("client_key", ""))
    if app is None:
        raise Refusal(400, "client_key", "The client_key is missing or unknown.")
    if params.get("response_type") != "code":
        raise Refusal(400, "unsupported_response_type", "The response_type must be code.")
    redirect_uri = params.get("redirect_uri", "")
    if not app.accepts_redirect(redirect_uri):
        raise Refusal(400, "redirect_uri", "The redirect_uri is missing or not registered with the app.")
    if not params.get("state"):
        raise Refusal(400, "state", "The state is missing.")
    scopes = parse_scopes(app, params.get("scope", ""))
    check_challenge(app, params)
    always_show = params.get("disable_auto_auth", "0")
    if always_show not in ("0", "1"):
        raise Refusal(400, "disable_auto_auth", "disable_auto_auth must be 0 or 1.")
    challenge = params.get("code_challenge", "")
    return Asked(app, redirect_uri, params["state"], scopes, challenge, always_show == "1")


def parse_scopes(app: App, text: str) -> list[str]:
    scopes = text.split(",") if text else []
    unknown = [scope for scope in scopes if scope not in SCOPES or scope not in app.scopes]
    if not scopes or unknown or len(set(scopes)) != len(scopes):
        raise Refusal(400, "scope", "The scope is missing, malformed, or not enabled for the app.")
    return scopes


def check_challenge(app: App, params: dict[str, str]) -> None:
    if app.type != "desktop":
        return
    if not params.get("code_challenge"):
        raise Refusal(400, "code_challenge", "The code_challenge is missing.")
    if params.get("code_challenge_method") != "S256":
        raise Refusal(400, "code_challenge_method", "The code_challenge_method must be S256.")


def signed_in_user(world: World, request: Request) -> User | None:
    cookie = SimpleCookie(request.headers.get("Cookie", ""))
    return world.users.get(cookie[COOKIE].value) if COOKIE in cookie else None


def allowed(world: World, asked: Asked, user: User, scopes: list[str]) -> Response:
    value = f"{secrets.token_urlsafe(40)}*{secrets.randbelow(9)}!{secrets.randbelow(9000) + 1000}.e1"
    expires_at = world.now() + asked.app.code_lifetime_s
    world.codes.save(
        Code(value, asked.app.client_key, user.id, asked.redirect_uri, scopes, asked.challenge, expires_at)
    )
    response = back(asked, {"code": value, "scopes": ",".join(scopes)})
    response.headers["Set-Cookie"] = f"{COOKIE}={user.id}; Path=/v2/auth/; HttpOnly; SameSite=Lax"
    return response


def denied(asked: Asked) -> Response:
    return back(asked, {"error": "access_denied", "error_description": "The user denied the request."})


def back(asked: Asked, answer: dict[str, str]) -> Response:
    query = urlencode({**answer, "state": asked.state})
    return Response(302, headers={"Location": f"{asked.redirect_uri}?{query}"}, code="redirect")


def page(html: str, *, status: int = 200, code: str = "page") -> Response:
    return Response(status, html.encode(), "text/html; charset=utf-8", code=code)


def error_page(refusal: Refusal) -> Response:
    """Show TikTok's error page; the user does not return to the app."""
    return page(pages.error(escape(refusal.message), refusal.code), status=400, code=refusal.code)
