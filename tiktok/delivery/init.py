"""The call that opens a publish at TikTok, for each way to post, and the receipt of its answer."""

from collections.abc import Callable

from core.text import with_line_feeds
from tiktok.access.call import call
from tiktok.access.tokens import UsableToken
from tiktok.api import content_posting
from tiktok.api.client import TikTokClient
from tiktok.api.types import (
    FileSource,
    PhotoPostInfo,
    PhotoSource,
    PhotoText,
    PublishInit,
    PullSource,
    VideoPostInfo,
)
from tiktok.delivery.step import Step
from tiktok.models import InitReceipt, Post, Submission
from tiktok.models.fields import seal


def ask_init(
    step: Step, submission: Submission, ask: Callable[[TikTokClient, UsableToken], PublishInit]
) -> PublishInit:
    """Send the init, whose rate slot has been taken. Raises what ``call`` raises."""
    return call(submission.credential_id, step.post.way.endpoint, ask, has_slot=True)


def open_video(post: Post, client: TikTokClient, token: UsableToken, source: FileSource | PullSource) -> PublishInit:
    """Open a Direct Post, or a draft without options."""
    if not post.way.is_direct:
        return content_posting.init_inbox_video(client, access_token=token.access_token, source=source)
    return content_posting.init_video(
        client, access_token=token.access_token, post_info=video_post_info_of(post), source=source
    )


def open_photos(post: Post, client: TikTokClient, token: UsableToken, source: PhotoSource) -> PublishInit:
    """Open a post of photos, or a draft with title and description alone."""
    return content_posting.init_photos(
        client,
        access_token=token.access_token,
        text=PhotoText(with_line_feeds(post.title), with_line_feeds(post.caption)),
        source=source,
        post_info=photo_post_info_of(post) if post.way.is_direct else None,
    )


def video_post_info_of(post: Post) -> VideoPostInfo:
    """Return the agreed options as TikTok's fields; its flags are the negation of ours (docs/tiktok.md, section 11)."""
    return VideoPostInfo(
        privacy_level=post.privacy_level,
        title=with_line_feeds(post.caption),
        disable_comment=not post.allow_comment,
        disable_duet=not post.allow_duet,
        disable_stitch=not post.allow_stitch,
        brand_content_toggle=post.brand_content,
        brand_organic_toggle=post.brand_organic,
        is_aigc=post.is_aigc,
        video_cover_timestamp_ms=post.cover_timestamp_ms,
    )


def photo_post_info_of(post: Post) -> PhotoPostInfo:
    """Return the agreed options of photos as TikTok's fields."""
    return PhotoPostInfo(
        privacy_level=post.privacy_level,
        disable_comment=not post.allow_comment,
        auto_add_music=post.auto_add_music,
        brand_content_toggle=post.brand_content,
        brand_organic_toggle=post.brand_organic,
        is_aigc=post.is_aigc,
    )


def keep_receipt(submission: Submission, answer: PublishInit) -> InitReceipt:
    """Store TikTok's answer, no matter which claim holds the post by now: knowledge, not authority."""
    url = answer.upload_url and seal(InitReceipt, submission.pk, "upload_url", answer.upload_url)
    return InitReceipt.objects.create(
        submission=submission,
        app_id=submission.app_id,
        publish_id=answer.publish_id,
        upload_url=url,  # type: ignore[misc]
    )
