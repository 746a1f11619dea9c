"""A published post: its public ids, and whether TikTok still shows it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from tiktok.api.webhooks import VISIBILITY, PostingEvent
from tiktok.delivery import poll
from tiktok.delivery.news import News, news_of
from tiktok.delivery.step import Pause, Step
from tiktok.models import EventCause, Post
from tiktok.models.notices import notify_hidden, resolve_hidden


def published(step: Step) -> Pause:
    """Read what webhooks say about a published post, then ask for ids that are missing."""
    _learn(step, news_of(step.post))
    return poll.published(step)


def _learn(step: Step, heard: Iterable[News]) -> None:
    """Add public ids, and note when the post stops being public or is public again.

    Repeated and reordered events change nothing: of each id only TikTok's latest event counts.
    """
    post = step.post
    latest = {news.post_id: news for news in heard if news.event in VISIBILITY and news.post_id}
    new_ids = [post_id for post_id in latest if post_id not in post.post_ids]
    post_ids, was_hidden = [*post.post_ids, *new_ids], post.hidden_at
    hidden_at = _hidden_at(post, post_ids, latest)
    if not new_ids and hidden_at == was_hidden:
        return
    with transaction.atomic():
        step.save(post={"post_ids": post_ids, "hidden_at": hidden_at})
        if new_ids:
            step.note({"post_ids": new_ids}, cause=EventCause.TIKTOK)
        if hidden_at and hidden_at != was_hidden:
            step.note({"hidden_at": hidden_at.isoformat()}, cause=EventCause.TIKTOK)
            notify_hidden(post)
        elif was_hidden and not hidden_at:
            step.note(_return_of(latest), cause=EventCause.TIKTOK)
            resolve_hidden(post)


def _hidden_at(post: Post, post_ids: list[str], latest: Mapping[str, News]) -> datetime | None:
    """Return since when none of the ids is public; deliveries are deleted after a month, so the post is asked too."""
    if not latest:
        return post.hidden_at
    hidden = [news.at for news in latest.values() if news.event == PostingEvent.NO_LONGER_PUBLIC]
    has_unheard = any(post_id not in latest for post_id in post_ids)
    if len(hidden) < len(latest) or (has_unheard and post.hidden_at is None):
        return None
    return max(hidden)


def _return_of(latest: Mapping[str, News]) -> dict[str, Any]:
    return {"public_at": max(news.at for news in latest.values() if news.event == PostingEvent.PUBLIC).isoformat()}
