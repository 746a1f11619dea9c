import json
from dataclasses import replace

import pytest
import responses

from tiktok.api.client import TikTokClient
from tiktok.api.content_posting import (
    cancel_publish,
    fetch_status,
    init_inbox_video,
    init_photos,
    init_video,
    query_creator_info,
)
from tiktok.api.errors import (
    InvalidInput,
    PolicyRefused,
    QuotaReached,
    TikTokError,
    TikTokUnavailable,
    UnreadableAnswer,
)
from tiktok.api.limits import Endpoint
from tiktok.api.secret import Secret
from tiktok.api.types import (
    CreatorInfo,
    FileSource,
    PhotoPostInfo,
    PhotoSource,
    PhotoText,
    PublishInit,
    PublishStatus,
    PullSource,
    VideoPostInfo,
)

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
PULL = PullSource(Secret("https://media.example/m/canary"))
PHOTOS = PhotoSource((Secret("https://media.example/m/a"), Secret("https://media.example/m/b")), cover_index=1)
TEXT = PhotoText("Bread", "Six in the morning #bread")
PHOTO_POST_INFO = PhotoPostInfo(
    privacy_level="SELF_ONLY",
    disable_comment=True,
    auto_add_music=True,
    brand_content_toggle=False,
    brand_organic_toggle=True,
    is_aigc=True,
)
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

    assert opened == PublishInit("v_pub_file~v2-1.7", Secret(answer["upload_url"]))
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


def test_pulled_direct_post_names_the_address_alone(
    mocked: responses.RequestsMock, client: TikTokClient, access_token: Secret
) -> None:
    mocked.post(BASE + Endpoint.VIDEO_INIT, json={"data": {"publish_id": "v_pub_url~1"}, "error": {"code": "ok"}})

    opened = init_video(client, access_token=access_token, post_info=POST_INFO, source=PULL)

    assert opened == PublishInit("v_pub_url~1", None)
    said = json.loads(mocked.calls[0].request.body or "")
    assert said["source_info"] == {"source": "PULL_FROM_URL", "video_url": "https://media.example/m/canary"}
    assert said["post_info"]["privacy_level"] == "SELF_ONLY"


@pytest.mark.parametrize(
    ("source", "said", "url"),
    [
        (
            SOURCE,
            {"source": "FILE_UPLOAD", "video_size": 70_000_000, "chunk_size": 10_000_000, "total_chunk_count": 7},
            "https://open-upload.tiktokapis.com/x",
        ),
        (PULL, {"source": "PULL_FROM_URL", "video_url": "https://media.example/m/canary"}, None),
    ],
)
def test_inbox_video_takes_a_source_and_no_options(
    mocked: responses.RequestsMock,
    client: TikTokClient,
    access_token: Secret,
    source: FileSource | PullSource,
    said: object,
    url: str | None,
) -> None:
    data = {"publish_id": "v_inbox~1"} | ({"upload_url": url} if url else {})
    mocked.post(BASE + Endpoint.INBOX_VIDEO_INIT, json={"data": data, "error": {"code": "ok"}})

    opened = init_inbox_video(client, access_token=access_token, source=source)

    assert opened == PublishInit("v_inbox~1", Secret(url) if url else None)
    assert json.loads(mocked.calls[0].request.body or "") == {"source_info": said}


@pytest.mark.parametrize("post_info", [PHOTO_POST_INFO, None])
def test_photos_are_posted_with_options_or_go_to_the_inbox_without(
    mocked: responses.RequestsMock, client: TikTokClient, access_token: Secret, post_info: PhotoPostInfo | None
) -> None:
    mocked.post(BASE + Endpoint.CONTENT_INIT, json={"data": {"publish_id": "p_pub_url~1"}, "error": {"code": "ok"}})

    opened = init_photos(client, access_token=access_token, text=TEXT, source=PHOTOS, post_info=post_info)

    assert opened == PublishInit("p_pub_url~1", None)
    text = {"title": "Bread", "description": "Six in the morning #bread"}
    options = {
        "privacy_level": "SELF_ONLY",
        "disable_comment": True,
        "auto_add_music": True,
        "brand_content_toggle": False,
        "brand_organic_toggle": True,
    }
    assert json.loads(mocked.calls[0].request.body or "") == {
        "media_type": "PHOTO",
        "post_mode": "DIRECT_POST" if post_info else "MEDIA_UPLOAD",
        "post_info": text | options if post_info else text,
        "source_info": {
            "source": "PULL_FROM_URL",
            "photo_images": ["https://media.example/m/a", "https://media.example/m/b"],
            "photo_cover_index": 1,
        },
        **({"is_aigc": True} if post_info else {}),
    }


@pytest.mark.parametrize(
    ("status", "body", "is_definite"),
    [
        (400, {"error": {"code": "invalid_params"}}, True),
        (401, {"error": {"code": "access_token_invalid"}}, True),
        (403, {"error": {"code": "url_ownership_unverified"}}, True),
        (403, {"error": {"code": "something_new"}}, True),
        (429, {"error": {"code": "rate_limit_exceeded"}}, True),
        (429, {}, False),
        (403, {}, False),
        (200, {"error": {"code": "spam_risk_too_many_posts"}}, False),
        (200, {"data": {}, "error": {"code": "ok"}}, False),
        (302, {}, False),
        (500, {"error": {"code": "internal_error"}}, False),
        (503, {"error": {"code": "rate_limit_exceeded"}}, False),
    ],
)
def test_only_a_refusal_in_a_4xx_envelope_is_definite(
    mocked: responses.RequestsMock,
    client: TikTokClient,
    access_token: Secret,
    status: int,
    body: object,
    is_definite: bool,
) -> None:
    mocked.post(BASE + Endpoint.CONTENT_INIT, json=body, status=status)

    with pytest.raises(TikTokError) as caught:
        init_photos(client, access_token=access_token, text=TEXT, source=PHOTOS, post_info=None)

    assert caught.value.is_definite is is_definite


def test_unclear_answer_to_a_pull_may_not_be_repeated(
    mocked: responses.RequestsMock, client: TikTokClient, access_token: Secret
) -> None:
    mocked.post(BASE + Endpoint.VIDEO_INIT, status=503)

    with pytest.raises(TikTokUnavailable) as pulled:
        init_video(client, access_token=access_token, post_info=POST_INFO, source=PULL)
    with pytest.raises(TikTokUnavailable) as uploaded:
        init_video(client, access_token=access_token, post_info=POST_INFO, source=SOURCE)

    assert (pulled.value.may_repeat, uploaded.value.may_repeat) == (False, True)


@pytest.mark.parametrize(
    ("code", "error"), [("ok", None), ("publish_not_cancellable", InvalidInput), ("internal_error", TikTokUnavailable)]
)
def test_cancel_names_the_publish_id(
    mocked: responses.RequestsMock,
    client: TikTokClient,
    access_token: Secret,
    code: str,
    error: type[TikTokError] | None,
) -> None:
    status = {"ok": 200, "internal_error": 500}.get(code, 400)
    mocked.post(BASE + Endpoint.CANCEL, json={"data": {}, "error": {"code": code}}, status=status)

    if error is None:
        cancel_publish(client, access_token=access_token, publish_id="v_pub_url~1")
    else:
        with pytest.raises(error):
            cancel_publish(client, access_token=access_token, publish_id="v_pub_url~1")

    assert json.loads(mocked.calls[0].request.body or "") == {"publish_id": "v_pub_url~1"}


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
