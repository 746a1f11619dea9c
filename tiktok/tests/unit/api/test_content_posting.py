import json
from dataclasses import replace

import pytest
import responses

from tiktok.api.client import TikTokClient
from tiktok.api.content_posting import fetch_status, init_video, query_creator_info
from tiktok.api.errors import PolicyRefused, QuotaReached, TikTokError, UnreadableAnswer
from tiktok.api.limits import Endpoint
from tiktok.api.secret import Secret
from tiktok.api.types import CreatorInfo, FileSource, PublishStatus, VideoInit, VideoPostInfo

BASE = "https://open.tiktokapis.com"
POST_INFO = VideoPostInfo(
    privacy_level="SELF_ONLY",
    title="Caption 😀 #tag",
    disable_comment=True,
    disable_duet=True,
    disable_stitch=False,
    brand_content_toggle=False,
    brand_organic_toggle=True,
    is_aigc=False,
)
SOURCE = FileSource(video_size=70_000_000, chunk_size=10_000_000, total_chunk_count=7)
CREATOR = {
    "creator_avatar_url": "https://p16.example/a.webp",
    "creator_username": "ann",
    "creator_nickname": "Ann",
    "privacy_level_options": ["PUBLIC_TO_EVERYONE", "SELF_ONLY", "BRAND_NEW"],
    "comment_disabled": False,
    "duet_disabled": True,
    "stitch_disabled": False,
    "max_video_post_duration_sec": 600,
}


def test_creator_info_is_read_whole(mocked: responses.RequestsMock, client: TikTokClient, access_token: Secret) -> None:
    mocked.post(BASE + Endpoint.CREATOR_INFO, json={"data": CREATOR, "error": {"code": "ok"}})

    assert query_creator_info(client, access_token=access_token) == CreatorInfo(
        creator_avatar_url="https://p16.example/a.webp",
        creator_username="ann",
        creator_nickname="Ann",
        privacy_level_options=("PUBLIC_TO_EVERYONE", "SELF_ONLY", "BRAND_NEW"),
        comment_disabled=False,
        duet_disabled=True,
        stitch_disabled=False,
        max_video_post_duration_s=600,
    )
    assert not mocked.calls[0].request.body


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("spam_risk_too_many_posts", QuotaReached),
        ("reached_active_user_cap", QuotaReached),
        ("spam_risk_user_banned_from_posting", PolicyRefused),
    ],
)
def test_cannot_post_now_comes_with_http_200_and_is_no_success(
    mocked: responses.RequestsMock,
    client: TikTokClient,
    access_token: Secret,
    code: str,
    error: type[TikTokError],
) -> None:
    mocked.post(BASE + Endpoint.CREATOR_INFO, json={"data": CREATOR, "error": {"code": code}})
    with pytest.raises(error):
        query_creator_info(client, access_token=access_token)


@pytest.mark.parametrize(
    "name", ["creator_username", "creator_nickname", "privacy_level_options", "max_video_post_duration_sec"]
)
def test_creator_info_that_lacks_something_is_unreadable(
    mocked: responses.RequestsMock, client: TikTokClient, access_token: Secret, name: str
) -> None:
    mocked.post(BASE + Endpoint.CREATOR_INFO, json={"data": {**CREATOR, name: None}, "error": {"code": "ok"}})
    with pytest.raises(UnreadableAnswer):
        query_creator_info(client, access_token=access_token)


@pytest.mark.parametrize("cover_ms", [None, 0, 1500])
def test_direct_post_is_opened_with_every_toggle_said(
    mocked: responses.RequestsMock, client: TikTokClient, access_token: Secret, cover_ms: int | None
) -> None:
    answer = {
        "publish_id": "v_pub_file~v2-1.7",
        "upload_url": "https://open-upload.tiktokapis.com/video/?upload_token=T",
    }
    mocked.post(BASE + Endpoint.VIDEO_INIT, json={"data": answer, "error": {"code": "ok"}})
    post_info = replace(POST_INFO, video_cover_timestamp_ms=cover_ms)

    opened = init_video(client, access_token=access_token, post_info=post_info, source=SOURCE)

    assert opened == VideoInit("v_pub_file~v2-1.7", Secret(answer["upload_url"]))
    assert json.loads(mocked.calls[0].request.body or "") == {
        "post_info": {
            "privacy_level": "SELF_ONLY",
            "title": "Caption 😀 #tag",
            "disable_comment": True,
            "disable_duet": True,
            "disable_stitch": False,
            "brand_content_toggle": False,
            "brand_organic_toggle": True,
            "is_aigc": False,
            **({} if cover_ms is None else {"video_cover_timestamp_ms": cover_ms}),
        },
        "source_info": {
            "source": "FILE_UPLOAD",
            "video_size": 70_000_000,
            "chunk_size": 10_000_000,
            "total_chunk_count": 7,
        },
    }


@pytest.mark.parametrize(
    "data", [{}, {"publish_id": "p"}, {"upload_url": "https://x"}, {"publish_id": "p", "upload_url": "a b"}]
)
def test_init_without_id_or_address_is_unclear(
    mocked: responses.RequestsMock, client: TikTokClient, access_token: Secret, data: object
) -> None:
    mocked.post(BASE + Endpoint.VIDEO_INIT, json={"data": data, "error": {"code": "ok"}})
    with pytest.raises(UnreadableAnswer):
        init_video(client, access_token=access_token, post_info=POST_INFO, source=SOURCE)


@pytest.mark.parametrize("spelling", ["publicaly_available_post_id", "publicly_available_post_id"])
def test_status_is_read_in_both_spellings(
    mocked: responses.RequestsMock, client: TikTokClient, access_token: Secret, spelling: str
) -> None:
    data = {"status": "PUBLISH_COMPLETE", spelling: [7512345678901234567]}
    mocked.post(BASE + Endpoint.STATUS_FETCH, json={"data": data, "error": {"code": "ok", "log_id": "L1"}})

    status = fetch_status(client, access_token=access_token, publish_id="v_pub_file~1")

    assert status == PublishStatus("PUBLISH_COMPLETE", None, ("7512345678901234567",), None, "L1")
    assert json.loads(mocked.calls[0].request.body or "") == {"publish_id": "v_pub_file~1"}


def test_unknown_words_of_tiktok_are_kept(
    mocked: responses.RequestsMock, client: TikTokClient, access_token: Secret
) -> None:
    data = {"status": "BRAND_NEW", "fail_reason": "brand_new_check_failed", "uploaded_bytes": 0}
    mocked.post(BASE + Endpoint.STATUS_FETCH, json={"data": data, "error": {"code": "ok"}})

    status = fetch_status(client, access_token=access_token, publish_id="p")

    assert status == PublishStatus("BRAND_NEW", "brand_new_check_failed", (), 0, "")
