"""GET and POST /connected-apps/: TikTok's settings page "App permissions", for all users at once."""

from html import escape

from tiktok.simulator import pages
from tiktok.simulator.entities import Grant
from tiktok.simulator.messages import Refusal, Request, Response
from tiktok.simulator.world import World

PATH = "/connected-apps/"
REASONS = {
    "1": "removed by the user",
    "2": "account deleted",
    "3": "age changed",
    "4": "account banned",
    "0": "no reason told",
}


def show(world: World, _request: Request) -> Response:
    grants = "".join(_form(world, grant) for grant in world.grants.all())
    body = f"<p>Ending one tells the app at once, by webhook if it has registered one.</p>{grants}"
    html = pages.layout("Apps with access", body if grants else "<p>No app has access to anybody's account.</p>")
    return Response(200, html.encode(), "text/html; charset=utf-8", code="page")


def _form(world: World, grant: Grant) -> str:
    user, app = world.user(grant.user), world.app(grant.client_key)
    reasons = "".join(f'<option value="{value}">{text}</option>' for value, text in REASONS.items())
    return f"""<form method="post" action="{PATH}"><fieldset>
<legend>{escape(user.display_name)} <small>@{escape(user.username)} · {escape(app.name)}</small></legend>
<input type="hidden" name="user" value="{escape(user.id)}">
<input type="hidden" name="client_key" value="{escape(app.client_key)}">
<div class="actions"><select name="reason" aria-label="Why">{reasons}</select><button>End</button></div>
</fieldset></form>"""


def end(world: World, request: Request) -> Response:
    """Handle the page's form."""
    form = pages.own_form(request)
    user, app, reason = world.user(form.get("user", "")), world.app(form.get("client_key", "")), form.get("reason", "1")
    if reason not in REASONS:
        raise Refusal(400, "unknown_reason", "There is no such reason.")
    world.revoke(app.client_key, user.id, reason=int(reason))
    return Response(303, headers={"Location": PATH}, code="redirect")


def refuse(refusal: Refusal) -> Response:
    """Render a refusal in plain words."""
    return Response(refusal.status, refusal.message.encode(), code=refusal.code)
