"""What TikTok's webhooks say about a post: read where the status cannot be asked, and for what it does not contain.

A stored delivery is knowledge, not authority: webhooks are applied by making the post's next check due, and the step
that holds the claim decides here, so that repeated, late and reordered events end in the same state.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Q, QuerySet

from tiktok.api.types import PublishStatus, PublishStatusCode
from tiktok.api.webhooks import INBOX_SHARE, PostingEvent, parse_delivery, posting_event
from tiktok.delivery.step import Step
from tiktok.models import EventCause, Post, Submission, WebhookDelivery
from tiktok.models.notices import notify_hidden, resolve_hidden

# Only a post that was published can have these.
PUBLISHED: Final = frozenset({PostingEvent.COMPLETE, PostingEvent.PUBLIC, PostingEvent.NO_LONGER_PUBLIC})
VISIBILITY: Final = frozenset({PostingEvent.PUBLIC, PostingEvent.NO_LONGER_PUBLIC})


@dataclass(frozen=True, slots=True)
class News:
    """A posting event. ``at`` is TikTok's time of it; ``post_id`` and ``fail_reason`` are empty where it has none.

    ``is_draft``: None if TikTok does not say.
    """

    event: PostingEvent
    publish_id: str
    at: datetime
    post_id: str
    fail_reason: str
    is_draft: bool | None


def news_in(rows: Iterable[WebhookDelivery]) -> list[News]:
    """Return the posting events among the deliveries, in TikTok's order."""
    found = [_read(row, event) for row in rows if (event := posting_event(row.event))]
    return sorted(found, key=lambda news: news.at)


def _read(row: WebhookDelivery, event: PostingEvent) -> News:
    said = parse_delivery(row.body.encode())
    is_draft = said.publish_type == INBOX_SHARE or event == PostingEvent.INBOX_DELIVERED
    return News(
        event,
        row.publish_id,
        row.event_at or row.received_at,
        said.post_id,
        said.fail_reason,
        is_draft if is_draft or said.publish_type else None,
    )


def news_of(post: Post) -> list[News]:
    """Return the events of every attempt of the post, in TikTok's order."""
    attempts = Submission.objects.filter(post=post).exclude(publish_id="").select_related("credential")
    return news_in(_deliveries(attempts)) if attempts else []


def _deliveries(attempts: Iterable[Submission]) -> QuerySet[WebhookDelivery]:
    """Return what the app and the TikTok user of an attempt said about it."""
    about = Q()
    for attempt in attempts:
        about |= Q(app_id=attempt.app_id, publish_id=attempt.publish_id, user_openid=attempt.credential.open_id)
    return WebhookDelivery.objects.filter(about)


def announced_status(submission: Submission) -> PublishStatus | None:
    """Return the status that webhooks announced, for a credential that can no longer ask; None if they disagree."""
    heard = news_in(_deliveries([submission]))
    events = {news.event for news in heard}
    if PostingEvent.FAILED in events:
        [*_, last] = [news for news in heard if news.event == PostingEvent.FAILED]
        return None if events & PUBLISHED else _status(PublishStatusCode.FAILED, last.fail_reason)
    if events & PUBLISHED:
        return _status(PublishStatusCode.PUBLISH_COMPLETE)
    if PostingEvent.INBOX_DELIVERED in events:
        return _status(PublishStatusCode.SEND_TO_USER_INBOX)
    return None


def is_announced(submission: Submission) -> bool:
    """Return whether a webhook says that this attempt was published."""
    return any(news.event in PUBLISHED for news in news_in(_deliveries([submission])))


def _status(status: PublishStatusCode, fail_reason: str = "") -> PublishStatus:
    return PublishStatus(status, fail_reason or None, post_ids=(), uploaded_bytes=None, log_id="")


def merged_ids(known: Iterable[str], more: Iterable[str]) -> list[str]:
    """Return all ids, each once, in the order in which they became known."""
    return list(dict.fromkeys((*known, *more)))


def learn(step: Step, heard: Iterable[News]) -> None:
    """Add the public ids of a published post, and note when it stops being public or is public again.

    Repeated and reordered events change nothing: of each id only TikTok's latest event counts.
    """
    post = step.post
    latest = {news.post_id: news for news in heard if news.event in VISIBILITY and news.post_id}
    post_ids = merged_ids(post.post_ids, latest)
    hidden_at = _hidden_at(post, post_ids, latest)
    new_ids = [post_id for post_id in post_ids if post_id not in post.post_ids]
    if not new_ids and hidden_at == post.hidden_at:
        return
    was_hidden = post.hidden_at
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
    hidden = {news.post_id: news.at for news in latest.values() if news.event == PostingEvent.NO_LONGER_PUBLIC}
    unheard = [post_id for post_id in post_ids if post_id not in latest]
    if len(hidden) < len(latest) or (unheard and post.hidden_at is None):
        return None
    return max(hidden.values())


def _return_of(latest: Mapping[str, News]) -> dict[str, Any]:
    return {"public_at": max(news.at for news in latest.values() if news.event == PostingEvent.PUBLIC).isoformat()}


def completions(heard: Iterable[News]) -> list[datetime]:
    """Return when a draft was posted: once for each time."""
    return [news.at for news in heard if news.event == PostingEvent.COMPLETE]
