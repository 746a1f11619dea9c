"""GET and POST /inbox/: the drafts in TikTok's inbox, for all users at once, to be posted or deleted."""

from html import escape

from tiktok.simulator import control_posts, pages
from tiktok.simulator.messages import Refusal, Request, Response
from tiktok.simulator.posts import Post
from tiktok.simulator.world import World

PATH = "/inbox/"
LEVELS = {
    "PUBLIC_TO_EVERYONE": "Everyone",
    "FOLLOWER_OF_CREATOR": "Followers",
    "MUTUAL_FOLLOW_FRIENDS": "Friends",
    "SELF_ONLY": "Only me",
}


def show(world: World, _request: Request) -> Response:
    now = world.now()
    delivered = [post for post in world.posts.all() if post.is_draft and post.status(now) in control_posts.DELIVERED]
    forms = "".join(_form(world, post) for post in delivered if not post.draft_end)
    body = f"<p>A draft can be posted several times.</p>{forms}" if forms else "<p>The inbox is empty.</p>"
    html = pages.layout("Drafts in the inbox", body)
    return Response(200, html.encode(), "text/html; charset=utf-8", code="page")


def _form(world: World, post: Post) -> str:
    user = world.user(post.user)
    kind = f"{len(post.items)} photos" if post.is_photo else "Video"
    posted = len(post.published(world.now()))
    levels = "".join(f'<option value="{level}">{LEVELS[level]}</option>' for level in user.privacy_level_options())
    return f"""<form method="post" action="{PATH}"><fieldset>
<legend>{escape(user.display_name)} <small>{kind} · posts so far: {posted} · {escape(post.publish_id)}</small></legend>
<input type="hidden" name="publish_id" value="{escape(post.publish_id)}">
<div class="actions"><select name="privacy_level" aria-label="Who can see it">{levels}</select>
<button name="act" value="delete_draft">Delete</button>
<button class="go" name="act" value="post_draft">Post</button></div>
</fieldset></form>"""


def finish(world: World, request: Request) -> Response:
    """Handle the page's form."""
    form = pages.own_form(request)
    if form.get("act") not in ("post_draft", "delete_draft"):
        raise Refusal(400, "unknown_act", "There is no such button.")
    control_posts.act_on_post(world, dict(form))
    return Response(303, headers={"Location": PATH}, code="redirect")
