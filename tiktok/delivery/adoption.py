"""Find a post of unknown outcome at TikTok: by a webhook, or on the profile (docs/protocol.md, section 8).

A hit is adopted only if no other post can be meant; without a hit nothing is proven.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from core.jobs.clock import read_db_now
from instances.scoping import unscoped
from tiktok.access.call import call
from tiktok.api import display
from tiktok.api.limits import LISTED_TEXT_MAX_CHARS, Endpoint
from tiktok.api.types import ListedVideo, PrivacyLevel, Scope, VideoPage
from tiktok.api.webhooks import PostingEvent
from tiktok.delivery import news
from tiktok.delivery.faults import FAULTS
from tiktok.delivery.news import News
from tiktok.delivery.step import Step
from tiktok.models import EventCause, InitReceipt, MediaType, Post, PostMode, PostState, Submission, WebhookDelivery
from tiktok.models.post import IN_DOUBT

log = logging.getLogger(__name__)
# The largest difference between TikTok's clock and the database's.
SKEW: Final = timedelta(minutes=5)
# TikTok publishes within a day of the commit point, as far as a status is waited for.
PUBLISHED_WITHIN: Final = timedelta(days=1)
# After these an attempt certainly opened nothing at TikTok.
REFUSED: Final = ("init_refused", "plan_refused")
# The only attempts that may be published although they have ended.
RESENT: Final = "sent_again"
# More videos than an account posts in a day.
MOST_PAGES: Final = 10


# By a webhook


def adopt_publish_id(step: Step, submission: Submission) -> bool:
    """Take over the ``publish_id`` of a webhook, if this attempt alone can have caused it; TikTok's status decides."""
    with unscoped(reason="an unknown publish_id may belong to an attempt in any instance that shares the credential"):
        publish_id = _sole_publish_id(submission)
    if not publish_id:
        return False
    with transaction.atomic():
        step.save(submission={"publish_id": publish_id, "init_answered_at": read_db_now()})
        step.note({"adopted": "webhook"}, cause=EventCause.TIKTOK)
    return True


def _sole_publish_id(submission: Submission) -> str:
    attempts = list(_unanswered(submission).select_related("post"))
    causes = {
        publish_id: [attempt for attempt in attempts if _may_have_caused(attempt, heard)]
        for publish_id, heard in _unknown_news(submission).items()
    }
    ours = [publish_id for publish_id, found in causes.items() if submission in found]
    if len(ours) != 1 or causes[ours[0]] != [submission] or _has_lost_attempts(submission):
        return ""
    return ours[0]


def _unknown_news(submission: Submission) -> Mapping[str, list[News]]:
    """Return the events of this TikTok user since the init that name an unknown ``publish_id``."""
    rows = WebhookDelivery.objects.filter(
        app_id=submission.app_id,
        user_openid=submission.credential.open_id,
        received_at__gte=submission.init_sent_at - SKEW,
    ).exclude(publish_id="")
    heard: defaultdict[str, list[News]] = defaultdict(list)
    for item in news.news_in(rows):
        heard[item.publish_id].append(item)
    same = {"app_id": submission.app_id, "publish_id__in": list(heard)}
    known = {*Submission.objects.filter(**same).values_list("publish_id", flat=True)}
    known |= {*InitReceipt.objects.filter(**same).values_list("publish_id", flat=True)}
    return {publish_id: items for publish_id, items in heard.items() if publish_id not in known}


def _unanswered(submission: Submission) -> QuerySet[Submission]:
    """Return the attempts of this TikTok user whose init may have opened something, but was not answered."""
    answered = InitReceipt.objects.filter(submission=OuterRef("pk"))
    of_user = Submission.objects.filter(~Exists(answered), credential=submission.credential_id, publish_id="")
    return of_user.exclude(closed_because__in=REFUSED)


def _may_have_caused(attempt: Submission, heard: Iterable[News]) -> bool:
    """Return whether these events can be about the attempt; one that ended without bytes can only have failed."""
    events = list(heard)
    is_alive = attempt.closed_at is None or attempt.closed_because == RESENT
    is_draft = attempt.post.mode == PostMode.MEDIA_UPLOAD
    return all(
        item.at >= attempt.init_sent_at - SKEW
        and item.is_draft in (None, is_draft)
        and (is_alive or item.event == PostingEvent.FAILED)
        for item in events
    )


def _has_lost_attempts(submission: Submission) -> bool:
    """Return whether a restore may have lost an attempt of another post: that one can be meant as well."""
    others = _posts_of(submission).exclude(pk=submission.post_id)
    opened = Submission.objects.filter(post=OuterRef("pk"), closed_at=None)
    return others.filter(IN_DOUBT, ~Exists(opened)).exists()


def _posts_of(submission: Submission) -> QuerySet[Post]:
    """Return the posts to this TikTok user, through whichever instance."""
    credential_id = submission.credential_id
    sent = Submission.objects.filter(post=OuterRef("pk"), credential=credential_id)
    return Post.objects.filter(Q(account__credential=credential_id) | Exists(sent))


# On the profile


@dataclass(frozen=True, slots=True)
class Wanted:
    """The traits of a post on the profile: its text, its duration (None for photos), and when it may have begun."""

    text: str
    duration_ms: int | None
    since: datetime
    until: datetime

    def matches(self, video: ListedVideo) -> bool:
        """Return whether the video may be the post."""
        is_in_time = self.since.timestamp() <= video.created_at <= self.until.timestamp()
        return is_in_time and has_duration(video, self.duration_ms) and is_text_of(video, self.text)


def wanted_of(step: Step, submission: Submission) -> Wanted | None:
    """Return how to recognise the post; None if the list of public videos cannot identify it."""
    post, media = step.post, step.media
    text = words_of(post.caption or post.title)
    is_listed = post.way.is_direct and post.privacy_level == PrivacyLevel.PUBLIC_TO_EVERYONE
    if not (text and is_listed and media and Scope.VIDEO_LIST in submission.credential.scopes):
        return None
    is_photo = post.media_type == MediaType.PHOTO
    if not is_photo and media.duration_ms is None:
        return None
    begun = submission.commit_point_at or submission.init_sent_at
    return Wanted(text, None if is_photo else media.duration_ms, begun - SKEW, begun + PUBLISHED_WITHIN)


def adopt_video(step: Step, submission: Submission) -> bool:
    """Make the post published if exactly one public video has its text, duration and time, and no other post has.

    Any number of calls is harmless. A fault of the call finds nothing.
    """
    if (wanted := wanted_of(step, submission)) is None:
        return False
    try:
        listed = _videos(step, submission, wanted)
    except FAULTS as fault:
        log.info("the videos of %s cannot be listed: %s", submission.credential_id, fault)
        return False
    found = [video for video in listed if wanted.matches(video)]
    with unscoped(reason="a video on a profile may be a post of any instance that shares the credential"):
        known = _known_ids(submission, wanted)
        unknown = [video for video in found if video.id not in known]
        if len(unknown) != 1 or _has_rival(submission, wanted):
            return False
    _publish(step, unknown[0])
    return True


def _videos(step: Step, submission: Submission, wanted: Wanted) -> list[ListedVideo]:
    """Return the public videos of the time in question; nothing if they do not fit into some pages."""
    videos: list[ListedVideo] = []
    cursor: int | None = int(min(wanted.until, read_db_now() + SKEW).timestamp() * 1000)
    for _ in range(MOST_PAGES):
        page = _page(step, submission, cursor)
        videos += page.videos
        cursor = page.cursor
        if cursor is None or cursor < wanted.since.timestamp() * 1000:
            return videos
    return []


def _page(step: Step, submission: Submission, before_ms: int | None) -> VideoPage:
    step.renew()
    return call(
        submission.credential_id,
        Endpoint.VIDEO_LIST,
        lambda client, token: display.list_videos(client, access_token=token.access_token, before_ms=before_ms),
        known=step.known(submission.credential_id),
    )


def _known_ids(submission: Submission, wanted: Wanted) -> set[str]:
    published = _posts_of(submission).filter(published_at__gte=wanted.since - PUBLISHED_WITHIN)
    return {post_id for ids in published.values_list("post_ids", flat=True) for post_id in ids}


def _has_rival(submission: Submission, wanted: Wanted) -> bool:
    """Return whether another post of ours, without a public id so far, can be the video as well."""
    return any(_is_rival(post, wanted) for post in _rivals(submission, wanted))


def _rivals(submission: Submission, wanted: Wanted) -> Iterator[Post]:
    sent = Submission.objects.filter(post=OuterRef("pk"), init_sent_at__gte=wanted.since - PUBLISHED_WITHIN)
    others = _posts_of(submission).filter(IN_DOUBT | Exists(sent), post_ids=[]).exclude(pk=submission.post_id)
    certain = (PostState.DRAFT, PostState.SCHEDULED, PostState.CANCELLED, PostState.FAILED, PostState.WAITING_ACCOUNT)
    yield from (
        others.exclude(state__in=certain)
        .exclude(Q(state=PostState.NEEDS_ATTENTION) & ~IN_DOUBT)
        .prefetch_related("media")
    )


def _is_rival(post: Post, wanted: Wanted) -> bool:
    """Return whether it has the same text and duration; the text of a draft is written in TikTok's app."""
    same_text = post.mode == PostMode.MEDIA_UPLOAD or words_of(post.caption or post.title) == wanted.text
    if wanted.duration_ms is None:
        return same_text
    durations = [media.duration_ms for media in post.media.all() if media.duration_ms is not None]
    return same_text and any(abs(duration - wanted.duration_ms) <= 2000 for duration in durations)


def _publish(step: Step, video: ListedVideo) -> None:
    post_ids = [*step.post.post_ids, video.id]
    step.move(
        PostState.PUBLISHED,
        cause=EventCause.TIKTOK,
        closes="published",
        detail={"adopted": "video_list", "post_ids": post_ids},
        post_ids=post_ids,
        published_at=datetime.fromtimestamp(video.created_at, UTC),
        error_code="",
        tiktok_code="",
        fail_reason="",
    )


def words_of(text: str) -> str:
    """Return a text without differences in white space, which TikTok may change."""
    return " ".join(text.split())


def is_text_of(video: ListedVideo, text: str) -> bool:
    """Return whether the video shows this text; TikTok cuts longer ones."""
    return any(_begins(shown, text) for shown in (video.title, video.description) if shown)


def _begins(shown: str, text: str) -> bool:
    words = words_of(shown)
    return words == text or (len(shown) >= LISTED_TEXT_MAX_CHARS and text.startswith(words))


def has_duration(video: ListedVideo, duration_ms: int | None) -> bool:
    """Return whether the duration, which TikTok gives in whole seconds, is the same; photos have none."""
    return duration_ms is None or abs(video.duration_s * 1000 - duration_ms) <= 1000
