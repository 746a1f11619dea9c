"""The control API under /_sim/; the package's docstring is its manual."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, replace
from typing import get_type_hints

from tiktok.simulator import control_posts, control_urls, demo
from tiktok.simulator.control_input import fits, flag, listed, matching, merged, text, whole
from tiktok.simulator.entities import App, User, redirect_fault
from tiktok.simulator.faults import ALWAYS, EFFECTS, ENDPOINTS, WIRE_FAULTS, Fault
from tiktok.simulator.messages import Json, Refusal, Request, Response, json_response
from tiktok.simulator.weather import Forecast, Weather
from tiktok.simulator.webhooks import url_fault
from tiktok.simulator.world import Settings, World

BODY_LIMIT = 1 << 20


def answer(world: World, request: Request) -> Response:
    try:
        body = read_body(request)
        act = find_act(request)
        with nullcontext() if act in UNLOCKED else world.lock:
            return json_response(act(world, body))
    except Refusal as refusal:
        error = {"code": refusal.code, "message": refusal.message}
        return json_response({"error": error}, status=refusal.status, code=refusal.code)


def read_body(request: Request) -> Json:
    """Return JSON for a POST, the query for a GET; only from pages and programs on this machine.

    Web pages elsewhere cannot send JSON without a preflight, nor name this host when they rebind theirs.
    """
    host = request.headers.get("Host", "").partition(":")[0]
    if host not in ("127.0.0.1", "localhost"):
        raise Refusal(403, "forbidden_host", "The control API answers on loopback only")
    request.content = request.body.read(BODY_LIMIT)
    return request.json() if request.method == "POST" else dict(request.loose_params())


def find_act(request: Request) -> Callable[[World, Json], object]:
    act = ACTS.get((request.method, request.path.rstrip("/")))
    if act is None:
        raise Refusal(404, "unknown_path", f"There is no {request.method} {request.path}")
    return act


# The world


def health(world: World, _body: Json) -> Json:
    return {"simulator": "tiktok", "base_url": world.base_url, "loopback": world.loopback}


def reset(world: World, body: Json) -> Json:
    world.reset()
    demo.make_app(world)
    if body.get("demo"):
        demo.make_users(world)
    return {}


def save_settings(world: World, body: Json) -> Json:
    settings = merged(Settings, get_type_hints(Settings), world.settings, body)
    world.save_settings(settings)
    return asdict(settings)


def show_clock(world: World, _body: Json) -> Json:
    return {"now": world.now(), "offset_s": world.settings.clock_offset_s}


def set_clock(world: World, body: Json) -> Json:
    advance_s = body.get("advance_s")
    if not fits(advance_s, float):
        raise Refusal(400, "wrong_type", "'advance_s' must be a number of seconds")
    offset_s = world.settings.clock_offset_s + float(str(advance_s))
    world.save_settings(replace(world.settings, clock_offset_s=offset_s))
    return show_clock(world, {})


def save_app(world: World, body: Json) -> Json:
    current = world.apps.get(text(body, "client_key"))
    app = merged(App, get_type_hints(App), current, body)
    if app.type not in ("web", "desktop") or len(app.redirect_uris) > 10:
        raise Refusal(400, "invalid_app", "'type' is web or desktop, with at most ten 'redirect_uris'")
    for uri in app.redirect_uris:
        if fault := redirect_fault(uri, app_type=app.type, loopback=world.loopback):
            raise Refusal(400, "invalid_redirect_uri", f"{uri}: {fault}")
    if app.webhook_url and (fault := url_fault(app.webhook_url, loopback=world.loopback)):
        raise Refusal(400, "invalid_webhook_url", f"{app.webhook_url}: {fault}")
    return asdict(world.apps.save(app))


def save_user(world: World, body: Json) -> Json:
    user_id = text(body, "id", body.get("username"))
    current = world.users.get(user_id)
    defaults = {} if current else {"display_name": body.get("username", user_id)}
    user = merged(User, get_type_hints(User), current, {**defaults, **body, "id": user_id})
    return asdict(world.users.save(user))


# Grants and tokens


def make_grant(world: World, body: Json) -> Json:
    app, user = world.app(text(body, "client_key", demo.CLIENT_KEY)), world.user(text(body, "user"))
    scopes = body.get("scopes", app.scopes)
    if not fits(scopes, list[str]) or set(scopes) - set(app.scopes):
        raise Refusal(400, "invalid_scope", "'scopes' must be a list of scopes that the app has")
    return world.mint(app, user, list(scopes))


def revoke_grant(world: World, body: Json) -> Json:
    reason = whole(body, "reason", 1)
    world.revoke(text(body, "client_key", demo.CLIENT_KEY), text(body, "user"), reason=reason)
    return {}


def list_pairs(world: World, body: Json) -> Json:
    return matching((asdict(pair) for pair in world.pairs), body)


def expire_tokens(world: World, body: Json) -> Json:
    kind = text(body, "kind", "access")
    client_key, user = text(body, "client_key", demo.CLIENT_KEY), text(body, "user")
    hit = [t for t in world.tokens.all() if (t.client_key, t.user, t.kind) == (client_key, user, kind)]
    for token in hit:
        token.expires_at = world.now()
        world.tokens.save(token)
    return {"expired": len(hit)}


# Webhooks


def send_webhook(world: World, body: Json) -> Json:
    """Send any event, as often as requested with the same body."""
    app = world.app(text(body, "client_key", demo.CLIENT_KEY))
    user = text(body, "user", "")
    open_id = world.user(user).open_id(app) if user else text(body, "user_openid", "")
    content = body.get("content", {})
    if not isinstance(content, dict):
        raise Refusal(400, "wrong_type", "'content' must be an object")
    happened = whole(body, "create_time", int(world.now()))
    for _ in range(whole(body, "times", 1)):
        if world.announce(app, text(body, "event"), open_id, content, user=user, create_time=happened) is None:
            raise Refusal(400, "no_webhook_url", "The app has no 'webhook_url'")
    return {}


def release_webhooks(world: World, body: Json) -> Json:
    """Send what a fault has held, in the order of the events or the other way round."""
    return {"released": world.webhooks.release(is_reversed=flag(body, "reversed"))}


def list_webhooks(world: World, body: Json) -> Json:
    return matching((delivery.describe() for delivery in list(world.webhooks.sent)), body)


# Faults and records


def arm_fault(world: World, body: Json) -> Json:
    fault = merged(Fault, get_type_hints(Fault), None, body)
    if fault.fault not in (*WIRE_FAULTS, *EFFECTS):
        raise Refusal(400, "unknown_fault", f"There is no fault {fault.fault!r}")
    if fault.times < 1 and fault.times != ALWAYS:
        raise Refusal(400, "invalid_times", f"'times' must be positive, or {ALWAYS} for always")
    possible = EFFECTS.get(fault.fault, ENDPOINTS)
    if fault.endpoint not in ("", *possible):
        raise Refusal(400, "unknown_endpoint", f"'endpoint' must be one of {', '.join(possible)}")
    world.faults.armed.append(fault)
    return asdict(fault)


def clear_faults(world: World, body: Json) -> Json:
    """Disarm the faults of one name; without a name all of them, and end the weather."""
    name = text(body, "fault", "")
    world.faults.armed = [fault for fault in world.faults.armed if name not in ("", fault.fault)]
    if not name:
        world.forecast = Forecast(Weather())
    return {}


def set_weather(world: World, body: Json) -> Json:
    """Set a new weather, which counts requests from now on."""
    weather = merged(Weather, get_type_hints(Weather), None, body)
    shares = (weather.before, weather.after, weather.slow)
    others = (weather.pulls, weather.webhooks)
    if min(*shares, *others, weather.slow_s) < 0 or max(sum(shares), *others) > 1:
        raise Refusal(400, "invalid_weather", "'before', 'after', 'slow', 'pulls' and 'webhooks' are shares")
    if unknown := set(weather.endpoints) - set(ENDPOINTS):
        raise Refusal(400, "unknown_endpoint", f"There is no endpoint {min(unknown)!r}")
    world.forecast = Forecast(weather)
    return asdict(weather)


ACTS: dict[tuple[str, str], Callable[[World, Json], object]] = {
    ("GET", "/_sim/health"): health,
    ("POST", "/_sim/reset"): reset,
    ("GET", "/_sim/settings"): lambda world, _: asdict(world.settings),
    ("POST", "/_sim/settings"): save_settings,
    ("GET", "/_sim/clock"): show_clock,
    ("POST", "/_sim/clock"): set_clock,
    ("GET", "/_sim/apps"): lambda world, _: listed(world.apps.all()),
    ("POST", "/_sim/apps"): save_app,
    ("GET", "/_sim/users"): lambda world, _: listed(world.users.all()),
    ("POST", "/_sim/users"): save_user,
    ("GET", "/_sim/grants"): lambda world, _: listed(world.grants.all()),
    ("POST", "/_sim/grants"): make_grant,
    ("POST", "/_sim/grants/revoke"): revoke_grant,
    ("POST", "/_sim/tokens/expire"): expire_tokens,
    ("GET", "/_sim/tokens/pairs"): list_pairs,
    ("GET", "/_sim/webhooks"): list_webhooks,
    ("POST", "/_sim/webhooks"): send_webhook,
    ("POST", "/_sim/webhooks/release"): release_webhooks,
    ("GET", "/_sim/url-properties"): control_urls.list_properties,
    ("POST", "/_sim/url-properties"): control_urls.add_property,
    ("POST", "/_sim/url-properties/verify"): control_urls.verify_property,
    ("POST", "/_sim/url-properties/remove"): control_urls.remove_property,
    ("GET", "/_sim/posts"): control_posts.list_posts,
    ("POST", "/_sim/posts/act"): control_posts.act_on_post,
    ("GET", "/_sim/pulls"): lambda world, body: matching(world.records.pulls, body),
    ("GET", "/_sim/photos"): control_posts.show_photo,
    ("GET", "/_sim/faults"): lambda world, _: listed(world.faults.armed),
    ("POST", "/_sim/faults"): arm_fault,
    ("POST", "/_sim/faults/clear"): clear_faults,
    ("POST", "/_sim/weather"): set_weather,
    ("GET", "/_sim/requests"): lambda world, body: matching(world.records.requests, body),
    ("GET", "/_sim/puts"): lambda world, body: matching(world.records.puts, body),
}
# It waits for another server, which may be waiting for this one.
UNLOCKED = (control_urls.verify_property,)
