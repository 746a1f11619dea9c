"""News about posts from TikTok's webhooks: read where the status cannot be asked, and for what it does not contain.

A stored delivery is knowledge, not authority: webhooks are applied by making the post's next check due, and the step
that holds the claim decides what follows, so that repeated, late and reordered events end in the same state.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q

from tiktok.api.types import PublishStatus, PublishStatusCode
from tiktok.api.webhooks import INBOX_SHARE, PostingEvent, parse_delivery, posting_event
from tiktok.models import Post, Submission, WebhookDelivery

# Only a post that was published can have these.
PUBLISHED: Final = frozenset({PostingEvent.COMPLETE, PostingEvent.PUBLIC, PostingEvent.NO_LONGER_PUBLIC})


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
    """Return the posting events among the deliveries, in TikTok's order.

    Its times are whole seconds: within one, a post is hidden after it was shown, in whichever order the events came.
    """
    found = [_read(row, event) for row in rows if (event := posting_event(row.event))]
    return sorted(found, key=lambda news: (news.at, news.event == PostingEvent.NO_LONGER_PUBLIC))


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
    return _news_about(attempts) if attempts else []


def _news_about(attempts: Iterable[Submission]) -> list[News]:
    """Return the events about these attempts, from the app and the TikTok user of each."""
    about = Q()
    for attempt in attempts:
        about |= Q(app_id=attempt.app_id, publish_id=attempt.publish_id, user_openid=attempt.credential.open_id)
    return news_in(WebhookDelivery.objects.filter(about))


def announced_status(submission: Submission) -> PublishStatus | None:
    """Return the status that webhooks announced, for a credential that can no longer ask; None if they disagree."""
    heard = _news_about([submission])
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
    return any(news.event in PUBLISHED for news in _news_about([submission]))


def _status(status: PublishStatusCode, fail_reason: str = "") -> PublishStatus:
    return PublishStatus(status, fail_reason or None, post_ids=(), uploaded_bytes=None, log_id="")
