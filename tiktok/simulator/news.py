"""Posting events: what an app learns by webhook about its posts."""

from collections.abc import Iterator
from dataclasses import dataclass

from tiktok.simulator.messages import Json
from tiktok.simulator.posts import Post, Publication
from tiktok.simulator.world import Settings, World


@dataclass(frozen=True)
class News:
    """One event of a post; ``key`` tells it from the post's other events."""

    key: str
    event: str
    at: float
    content: Json


def announce(world: World, post: Post) -> None:
    """Send the events that have happened and were not sent yet, oldest first."""
    now = world.now()
    fresh = [news for news in find(post, now, world.settings) if news.key not in post.announced]
    app, user = world.apps.get(post.client_key), world.users.get(post.user)
    for news in sorted(fresh, key=lambda news: news.at):
        post.announced.append(news.key)
        if app and user and app.posting_events:
            world.announce(app, news.event, user.open_id(app), news.content, user=user.id, create_time=int(news.at))
    if fresh:
        world.posts.save(post)


def find(post: Post, now: float, settings: Settings) -> Iterator[News]:
    """Yield every event of the post until now."""
    shared = {"publish_id": post.publish_id, "publish_type": publish_type(post, settings)}
    if post.failed_at is not None and post.has_failed(now):
        yield News("failed", "post.publish.failed", post.failed_at, {**shared, "reason": post.fail_reason})
        return
    if post.is_draft and post.ready_at is not None and now >= post.ready_at:
        yield News("inbox", "post.publish.inbox_delivered", post.ready_at, shared)
    for publication in post.published(now):
        yield News(f"complete {publication.post_id}", "post.publish.complete", publication.created_at, shared)
        yield from find_visibility(publication, now, settings, shared)


def find_visibility(publication: Publication, now: float, settings: Settings, shared: Json) -> Iterator[News]:
    post_id = publication.post_id
    content = {**shared, "post_id": str(post_id) if settings.webhook_post_id_is_text else post_id}
    if publication.public_at is not None and now >= publication.public_at:
        event = f"post.publish.{spelled(is_wrong=settings.misspells_available)}_available"
        yield News(f"public {post_id} {publication.public_at}", event, publication.public_at, content)
    if publication.hidden_at is not None:
        event = f"post.publish.no_longer_{spelled(is_wrong=settings.misspells_no_longer_available)}_available"
        yield News(f"hidden {post_id} {publication.hidden_at}", event, publication.hidden_at, content)


def spelled(*, is_wrong: bool) -> str:
    return "publicaly" if is_wrong else "publicly"


def publish_type(post: Post, settings: Settings) -> str:
    return "INBOX_SHARE" if post.is_draft else settings.direct_publish_type
