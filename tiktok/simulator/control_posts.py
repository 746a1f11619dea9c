"""The control API's part about posts: what became of them, and what users and TikTok do with them."""

import base64
from collections.abc import Callable
from dataclasses import asdict

from tiktok.simulator import news
from tiktok.simulator.control_input import matching, text, whole
from tiktok.simulator.inits import make_post_id
from tiktok.simulator.messages import Json, Refusal
from tiktok.simulator.posts import Post, Publication
from tiktok.simulator.world import World

DRAFT_LEVELS = ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY")
DELIVERED = ("SEND_TO_USER_INBOX", "PUBLISH_COMPLETE")


def describe_post(world: World, post: Post) -> Json:
    """Return a post for tests; ``publications`` are those that have come out by now."""
    now = world.now()
    described = asdict(post)
    del described["upload_token"], described["announced"]
    publications = [
        {**asdict(p), "post_id": str(p.post_id), "is_public": p.is_public(now)} for p in post.published(now)
    ]
    return {
        **described,
        "post_id": str(post.post_id),
        "status": post.status(now),
        "fail_reason": post.fail_reason if post.has_failed(now) else "",
        "public_ids": post.public_ids(now),
        "publications": publications,
    }


def describe_publication(publication: Publication, now: float) -> Json:
    shown = {"post_id": str(publication.post_id), "is_public": publication.is_public(now)}
    return {**asdict(publication), **shown}


def list_posts(world: World, body: Json) -> Json:
    wanted: Json = {name: body[name] for name in ("publish_id", "user", "client_key") if name in body}
    return matching((describe_post(world, post) for post in world.posts.all()), wanted)


def show_photo(world: World, body: Json) -> Json:
    """Return the bytes of a photo that TikTok pulled, in base64."""
    publish_id, number = text(body, "publish_id"), text(body, "item", "0")
    content = world.photos.get(publish_id, int(number)) if number.isdecimal() else None
    if content is None:
        raise Refusal(404, "unknown_photo", "There is no such photo, or no longer")
    return {"content": base64.b64encode(content).decode()}


def act_on_post(world: World, body: Json) -> Json:
    post = world.posts.get(text(body, "publish_id"))
    if post is None:
        raise Refusal(404, "unknown_post", "There is no such post")
    act = POST_ACTS.get(text(body, "act"))
    if act is None:
        raise Refusal(400, "unknown_act", f"'act' must be one of {', '.join(POST_ACTS)}")
    act(world, post, body)
    news.announce(world, world.save_post(post))
    return describe_post(world, post)


# In TikTok's processing


def hold(_world: World, post: Post, _body: Json) -> None:
    post.hold()


def finish(world: World, post: Post, _body: Json) -> None:
    """End the processing now; a post with missing bytes is only released."""
    if post.finished_at is None:
        post.held, post.processing_delay_s = False, 0
    else:
        post.publish(world.now())


def fail(world: World, post: Post, body: Json) -> None:
    post.fail(text(body, "reason"), world.now())


def expire_url(world: World, post: Post, _body: Json) -> None:
    post.url_expires_at = world.now()


# On the profile


def chosen(world: World, post: Post, body: Json) -> list[Publication]:
    """Return what is on the profile by now, or the one of it that ``post_id`` names."""
    post_id = text(body, "post_id", "")
    found = [p for p in post.published(world.now()) if post_id in ("", str(p.post_id))]
    if not found:
        raise Refusal(400, "not_published", "There is no such publication")
    return found


def reveal(world: World, post: Post, body: Json) -> None:
    """Make it public now: its moderation is over, or its user changed the privacy."""
    for publication in chosen(world, post, body):
        publication.public_at, publication.hidden_at = world.now(), None


def hide(world: World, post: Post, body: Json) -> None:
    for publication in chosen(world, post, body):
        publication.hidden_at = world.now()


# In the user's inbox


def check_in_inbox(world: World, post: Post) -> None:
    if (
        not post.is_draft
        or post.draft_end
        or post.status(world.now()) not in ("SEND_TO_USER_INBOX", "PUBLISH_COMPLETE")
    ):
        raise Refusal(400, "not_in_inbox", "There is no such draft in the user's inbox")


def post_draft(world: World, post: Post, body: Json) -> None:
    """Post the draft ``count`` times, each with an id of its own."""
    check_in_inbox(world, post)
    level = text(body, "privacy_level", "PUBLIC_TO_EVERYONE")
    if level not in DRAFT_LEVELS:
        raise Refusal(400, "unknown_level", f"'privacy_level' must be one of {', '.join(DRAFT_LEVELS)}")
    texts = {name: text(body, name) for name in ("title", "description") if name in body}
    for _ in range(whole(body, "count", 1)):
        post.post_draft(make_post_id(), world.now(), level, **texts)


def delete_draft(world: World, post: Post, _body: Json) -> None:
    """Delete the draft: it no longer counts as unfinished, and its status stays as it is."""
    check_in_inbox(world, post)
    post.draft_end = "deleted"


def expire_draft(world: World, post: Post, _body: Json) -> None:
    """Let the draft lapse: from now on TikTok does not know its id."""
    check_in_inbox(world, post)
    post.draft_end = "expired"


POST_ACTS: dict[str, Callable[[World, Post, Json], None]] = {
    "hold": hold,
    "finish": finish,
    "fail": fail,
    "expire_url": expire_url,
    "reveal": reveal,
    "hide": hide,
    "post_draft": post_draft,
    "delete_draft": delete_draft,
    "expire_draft": expire_draft,
}
