"""The same file to the same account within a day."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from instances.models import Instance
from tiktok.models import AttentionReason, Media, PostMedia, PostState, TikTokAccount
from tiktok.posts import same_file
from tiktok.tests.factories import make_account, make_media, make_photo, make_post

S = PostState
HOUR = timedelta(hours=1)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.mark.parametrize(
    ("state", "fields", "warns"),
    [
        (S.PUBLISHED, {"published_at": -23}, True),
        (S.PUBLISHED, {"published_at": -25, "publish_at": -25}, False),
        (S.SCHEDULED, {"publish_at": 23}, True),
        (S.SCHEDULED, {"publish_at": 25}, False),
        (S.DUE, {"publish_at": 0}, True),
        (S.UPLOADING, {"publish_at": -1}, True),
        (S.WAITING_ACCOUNT, {"publish_at": -1}, True),
        (S.DRAFT, {}, False),
        (S.CANCELLED, {"publish_at": -1}, False),
        (S.FAILED, {"publish_at": -1}, False),
    ],
)
def test_what_went_or_goes_within_a_day_is_warned_of(
    account: TikTokAccount, media: Media, now: datetime, state: str, fields: dict[str, int], warns: bool
) -> None:
    make_post(account, media, state=state, **{name: now + hours * HOUR for name, hours in fields.items()})
    assert (same_file.warning(account, [media], now) is not None) is warns


@pytest.mark.parametrize(
    ("reason", "warns"), [(AttentionReason.OUTCOME_UNKNOWN, True), (AttentionReason.MISSED, False)]
)
def test_what_may_be_out_counts_and_what_certainly_is_not_does_not(
    account: TikTokAccount, media: Media, now: datetime, reason: str, warns: bool
) -> None:
    make_post(account, media, state=S.NEEDS_ATTENTION, attention_reason=reason, publish_at=now)
    assert (same_file.warning(account, [media], now) is not None) is warns


def test_the_bytes_count_not_the_upload_and_only_this_account(
    account: TikTokAccount, media: Media, scoped: Instance, now: datetime
) -> None:
    post = make_post(account, make_media(scoped), state=S.PUBLISHED, published_at=now)
    found = same_file.warning(account, [media], now)
    assert found is not None
    assert (found.code, "was published to this account on" in found.message) == ("same_file", True)
    assert same_file.warning(account, [media], now, besides=post.pk) is None
    assert same_file.warning(make_account(scoped), [media], now) is None
    assert same_file.warning(account, [make_media(scoped, content=b"other")], now) is None
    assert same_file.warning(account, [], now) is None


def test_same_photos_in_any_order_are_the_same_and_fewer_are_not(scoped: Instance) -> None:
    account, now = make_account(scoped), timezone.now()
    photos = [make_photo(scoped, content=bytes([number]) * 9) for number in range(3)]
    post = make_post(account, state=PostState.DUE, publish_at=now, media_type="PHOTO")
    for position, photo in enumerate(photos):
        PostMedia.objects.create(instance=scoped, post=post, media=photo, position=position)

    assert same_file.warning(account, photos[::-1], now) is not None
    assert same_file.warning(account, photos[:2], now) is None
    assert same_file.warning(account, photos[:1], now) is None
