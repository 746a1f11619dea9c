"""The pages of the simulator: plain HTML that works without JavaScript."""

from html import escape
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from tiktok.simulator.entities import LOOPBACK_HOSTS, App, User
from tiktok.simulator.messages import Refusal, Request

SCOPE_TEXTS = {
    "user.info.basic": "Read your avatar and display name",
    "user.info.profile": "Read your bio, username and profile link",
    "user.info.stats": "Read your follower, like and video counts",
    "video.list": "Read your public videos",
    "video.publish": "Post content to your profile",
    "video.upload": "Upload drafts to your inbox",
}

STYLE = Path(__file__).with_name("pages.css").read_text()


def consent(app: App, scopes: list[str], users: list[User], chosen: User | None, query: str) -> str:
    """Render the form, which keeps the authorization request in its address and sends the user's choice."""
    first = chosen or (users[0] if users else None)
    return layout(
        f"{app.name} asks for access",
        f"""<p>Nothing here reaches the real TikTok. Choose who signs in and what they allow.</p>
<form method="post" action="/v2/auth/authorize/?{escape(query)}">
<fieldset><legend>Sign in as</legend>{"".join(user_choice(user, user is first) for user in users)}</fieldset>
<fieldset><legend>Allow {escape(app.name)} to</legend>{"".join(map(scope_choice, scopes))}</fieldset>
<div class="actions"><button name="decision" value="cancel">Cancel</button>
<button class="go" name="decision" value="allow">Allow</button></div>
</form>""",
    )


def user_choice(user: User, is_chosen: bool) -> str:
    kind = "private account" if user.is_private else "public account"
    return f"""<label><input type="radio" name="user" value="{escape(user.id)}"{" checked" * is_chosen}>
<img src="/avatars/{escape(user.id)}.png?size=100" alt="">
<span>{escape(user.display_name)}<small><br>@{escape(user.username)}, {kind}</small></span></label>"""


def scope_choice(scope: str) -> str:
    """Render a scope; the basic one belongs to every sign-in, the others can be refused one by one."""
    text = f"<span>{SCOPE_TEXTS[scope]}<small><br>{scope}</small></span>"
    if scope != "user.info.basic":
        return f'<label><input type="checkbox" name="scope" value="{scope}" checked>{text}</label>'
    kept = f'<input type="hidden" name="scope" value="{scope}">'
    return f'<label>{kept}<input type="checkbox" checked disabled>{text}</label>'


def own_form(request: Request) -> dict[str, str]:
    """Return the fields of a form of the simulator's own page. Raises Refusal for one of another page."""
    origin = request.headers.get("Origin")
    if origin and urlsplit(origin).hostname not in LOOPBACK_HOSTS:
        raise Refusal(403, "forbidden_origin", "Only the simulator's own page can do this.")
    return dict(parse_qsl(request.content.decode("utf-8", "replace")))


def error(message: str, code: str) -> str:
    hint = f"Correct <code>{escape(code)}</code> in the app's configuration and try again."
    return layout("Something went wrong", f"<p>{message}</p><p>{hint}</p>")


def layout(title: str, body: str) -> str:
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Simulated TikTok: {escape(title)}</title><link rel="icon" href="data:,"><style>{STYLE}</style></head>
<body><main><span class="tag">Simulated TikTok</span><h1>{escape(title)}</h1>
{body}
</main></body></html>"""
