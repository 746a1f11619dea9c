"""The inits of drafts, of photos, and of media that TikTok pulls."""

from collections.abc import Callable
from typing import Any

import pytest

from tiktok.tests.integration.simulator.talk import Answer, Json, Talk
from tiktok.tests.simulator_process import Simulator

URL = "https://media.clips.example/m/one.jpg"
Init = Callable[[Talk, str], Answer]

INITS: dict[str, Init] = {
    "video_init": lambda talk, token: talk.pull(token, URL),
    "inbox_init": lambda talk, token: talk.inbox(token),
    "content_init": lambda talk, token: talk.photos(token, [URL]),
}
DRAFT_INITS: dict[str, Init] = {
    "file": lambda talk, token: talk.inbox(token),
    "pull": lambda talk, token: talk.inbox(token, {"source": "PULL_FROM_URL", "video_url": URL}),
    "photos": lambda talk, token: talk.draft_photos(token, [URL]),
}


@pytest.fixture(autouse=True)
def domain(tiktok: Simulator) -> None:
    """A verified domain that does not exist: pulls are accepted and start long after the test."""
    tiktok.settings(pull_delay_s=1e7)
    tiktok.trust_domain("clips.example")


@pytest.mark.parametrize(
    ("init", "form", "has_url"),
    [
        (INITS["video_init"], "v_pub_url~", False),
        (INITS["inbox_init"], "v_inbox_file~", True),
        (DRAFT_INITS["pull"], "v_inbox_url~", False),
        (INITS["content_init"], "p_pub_url~", False),
        (DRAFT_INITS["photos"], "p_pub_url~", False),
    ],
)
def test_id_shows_the_way_and_only_files_get_an_upload_url(
    talk: Talk, token: str, init: Init, form: str, has_url: bool
) -> None:
    answer = init(talk, token)

    assert answer.publish_id.startswith(form)
    assert len(answer.publish_id) <= 64
    assert ("upload_url" in answer.json()["data"]) is has_url


@pytest.mark.parametrize(
    ("path", "body", "scopes", "outcome"),
    [
        ("inbox/video/init", {}, ["video.publish"], (401, "scope_not_authorized")),
        ("content/init", {}, ["user.info.basic"], (401, "scope_not_authorized")),
        ("cancel", {}, ["user.info.basic"], (401, "scope_not_authorized")),
        ("cancel", {"publish_id": "x"}, ["video.upload"], (400, "invalid_publish_id")),
        ("status/fetch", {"publish_id": "x"}, ["video.upload"], (400, "invalid_publish_id")),
    ],
)
def test_each_endpoint_needs_its_scope(
    talk: Talk, tiktok: Simulator, maren: str, path: str, body: Json, scopes: list[str], outcome: tuple[int, str]
) -> None:
    token = tiktok.grant(maren, scopes=scopes).access_token

    assert talk.publish(path, token, body).outcome == outcome


@pytest.mark.parametrize(
    ("scope", "direct", "draft"),
    [("video.publish", "ok", "scope_not_authorized"), ("video.upload", "scope_not_authorized", "ok")],
)
def test_mode_of_photos_decides_which_scope_they_need(
    talk: Talk, tiktok: Simulator, maren: str, scope: str, direct: str, draft: str
) -> None:
    token = tiktok.grant(maren, scopes=[scope]).access_token

    assert [talk.photos(token, [URL]).code, talk.draft_photos(token, [URL]).code] == [direct, draft]


@pytest.mark.parametrize("endpoint", INITS)
def test_each_init_has_a_window_of_its_own(talk: Talk, tiktok: Simulator, maren: str, endpoint: str) -> None:
    tokens = [tiktok.grant(maren).access_token for _ in range(2)]
    statuses = [INITS[endpoint](talk, token).status for token in tokens for _ in range(3)]
    first = tokens[0]
    statuses += [INITS[endpoint](talk, first).status for _ in range(4)]

    assert statuses.count(429) == 1
    assert [INITS[other](talk, first).status == 429 for other in INITS if other != endpoint] == [False, False]


@pytest.mark.parametrize("extra", ["post_info", "media_type"])
def test_inbox_init_takes_nothing_but_the_source(talk: Talk, token: str, extra: str) -> None:
    assert talk.inbox(token, **{extra: {}}).outcome == (400, "invalid_params")


@pytest.mark.parametrize("source", [{}, {"source": "PULL_FROM_URL"}, {"source": "FILE_UPLOAD", "video_size": 10}])
def test_inbox_init_needs_a_whole_source(talk: Talk, token: str, source: Json) -> None:
    answer = talk.publish("inbox/video/init", token, {"source_info": source})

    assert answer.outcome == (400, "invalid_params")


@pytest.mark.parametrize("count", [1, 35])
def test_photo_post_takes_one_to_35_urls(talk: Talk, tiktok: Simulator, token: str, count: int) -> None:
    urls = [f"https://clips.example/{number}.jpg" for number in range(count)]
    publish_id = talk.photos(token, urls, source={"photo_cover_index": count - 1}, is_aigc=True).publish_id

    (post,) = tiktok.posts()
    assert (post.publish_id, [item.url for item in post.items]) == (publish_id, urls)
    assert (post.media_type, post.cover_index, post.is_aigc, post.is_draft) == ("PHOTO", count - 1, True, False)


@pytest.mark.parametrize(
    "source",
    [
        {"photo_images": []},
        {"photo_images": [URL] * 36},
        {"photo_images": [URL, 5]},
        {"photo_images": URL},
        {"photo_images": ["clips.example/1.jpg"]},
        {"photo_images": [URL + "#part"]},
        {"photo_images": ["https://clips.example/a b.jpg"]},
        {"photo_cover_index": 1},
        {"photo_cover_index": -1},
        {"photo_cover_index": True},
        {"source": "FILE_UPLOAD"},
        {"video_url": URL},
    ],
)
def test_other_photo_sources_are_refused(talk: Talk, token: str, source: Json) -> None:
    assert talk.photos(token, [URL], source=source).outcome == (400, "invalid_params")


def test_cover_index_is_required(talk: Talk, token: str) -> None:
    answer = talk.photos(token, [], source_info={"source": "PULL_FROM_URL", "photo_images": [URL]})

    assert answer.outcome == (400, "invalid_params")


@pytest.mark.parametrize(
    "body",
    [
        {"media_type": "VIDEO"},
        {"post_mode": "DIRECT POST"},
        {"is_aigc": 1},
        {"publish_at": 5},
        {"post_info": {"privacy_level": "SELF_ONLY", "disable_duet": True}},
        {"post_info": {"privacy_level": "SELF_ONLY", "disable_stitch": False}},
        {"post_info": {"privacy_level": "SELF_ONLY", "is_aigc": True}},
        {"post_info": {"privacy_level": "SELF_ONLY", "video_cover_timestamp_ms": 0}},
        {"post_info": {"privacy_level": "SELF_ONLY", "brand_content_toggle": True}},
        {"post_info": {"privacy_level": "SELF_ONLY", "title": "x" * 91}},
        {"post_info": {"privacy_level": "SELF_ONLY", "title": "🎬" * 46}},
        {"post_info": {"privacy_level": "SELF_ONLY", "description": "🎬" * 2001}},
    ],
)
def test_what_photos_do_not_take_is_refused(talk: Talk, token: str, body: Json) -> None:
    assert talk.photos(token, [URL], **body).outcome == (400, "invalid_params")


def test_longest_texts_of_photos_are_counted_in_utf_16(talk: Talk, tiktok: Simulator, token: str) -> None:
    info = {
        "privacy_level": "SELF_ONLY",
        "title": "🎬" * 45,
        "description": "🎬" * 2000,
        "disable_comment": True,
        "auto_add_music": True,
        "brand_content_toggle": False,
        "brand_organic_toggle": True,
    }
    talk.photos(token, [URL], post_info=info)

    assert tiktok.posts()[0].post_info == info


@pytest.mark.parametrize(
    "extra",
    [
        {"privacy_level": "SELF_ONLY"},
        {"disable_comment": True},
        {"auto_add_music": False},
        {"brand_content_toggle": False},
        {"brand_organic_toggle": False},
    ],
)
def test_photo_draft_takes_texts_alone(talk: Talk, token: str, extra: dict[str, Any]) -> None:
    texts = {"title": "A title", "description": "A description"}

    assert talk.draft_photos(token, [URL], **texts).code == "ok"
    assert talk.draft_photos(token, [URL], **texts, **extra).outcome == (400, "invalid_params")


def test_photos_meet_the_same_limits_as_videos(talk: Talk, tiktok: Simulator, maren: str, token: str) -> None:
    level = {"privacy_level": "FOLLOWER_OF_CREATOR"}
    codes = [talk.photos(token, [URL], post_info=level).code]
    tiktok.create_app(audited=False)
    codes.append(talk.photos(token, [URL]).code)
    tiktok.create_user(maren, banned=True)
    codes += [talk.photos(token, [URL]).code, talk.draft_photos(token, [URL]).code, talk.inbox(token).code]

    assert codes == [
        "privacy_level_option_mismatch",
        "unaudited_client_can_only_post_to_private_accounts",
        *["spam_risk_user_banned_from_posting"] * 3,
    ]


def test_drafts_of_an_unaudited_app_meet_no_cap_of_direct_posts(talk: Talk, tiktok: Simulator) -> None:
    tiktok.create_app(audited=False, post_cap=0)
    tokens = [tiktok.grant(tiktok.create_user(f"user{number}")).access_token for number in range(6)]

    assert [talk.inbox(token).code for token in tokens] == ["ok"] * 6


@pytest.mark.parametrize("kind", DRAFT_INITS)
def test_sixth_unfinished_draft_within_a_day_is_refused(talk: Talk, tiktok: Simulator, token: str, kind: str) -> None:
    codes = [talk.inbox(token).code for _ in range(5)]
    refused = DRAFT_INITS[kind](talk, token).outcome
    direct = talk.photos(token, [URL]).code
    tiktok.advance(86_400)

    assert (codes, refused, direct) == (["ok"] * 5, (403, "spam_risk_too_many_pending_share"), "ok")
    assert DRAFT_INITS[kind](talk, tiktok.grant("maren").access_token).code == "ok"


def test_drafts_are_counted_per_creator_over_all_apps(talk: Talk, tiktok: Simulator, maren: str, token: str) -> None:
    tiktok.create_app("other")
    other = tiktok.grant(maren, client_key="other").access_token
    stranger = tiktok.grant(tiktok.create_user("ole")).access_token
    for _ in range(5):
        talk.inbox(other)

    assert talk.inbox(token).code == "spam_risk_too_many_pending_share"
    assert talk.inbox(stranger).code == "ok"


def test_old_tiktok_app_takes_no_photo_drafts(talk: Talk, tiktok: Simulator, token: str) -> None:
    tiktok.fault("old_app_version", user="maren", times=-1)
    refused = talk.draft_photos(token, [URL]).outcome
    direct = talk.photos(token, [URL]).code
    tiktok.clear_faults("old_app_version")

    assert (refused, direct) == ((400, "app_version_check_failed"), "ok")
    assert talk.draft_photos(token, [URL]).code == "ok"


@pytest.mark.parametrize("url", ["http://clips.example/a.mp4", "https://clips.example.org/a.mp4", "https://example/a"])
def test_url_outside_the_verified_ones_is_refused(talk: Talk, tiktok: Simulator, token: str, url: str) -> None:
    outcomes = [
        talk.pull(token, url).outcome,
        talk.inbox(token, {"source": "PULL_FROM_URL", "video_url": url}).outcome,
        talk.photos(token, [URL, url]).outcome,
    ]

    assert outcomes == [(403, "url_ownership_unverified")] * 3
    assert tiktok.posts() == []


def test_another_apps_urls_are_not_ours(talk: Talk, tiktok: Simulator, maren: str) -> None:
    tiktok.create_app("other")
    token = tiktok.grant(maren, client_key="other").access_token

    assert talk.pull(token, URL).outcome == (403, "url_ownership_unverified")


@pytest.mark.parametrize(
    ("fault", "plans", "codes"),
    [
        ({"accepts_single_piece": True}, [(6_000_000, 6_000_000), (20_000_000, 10_000_000)], ["ok", "invalid_params"]),
        (
            {"accepted_chunk_sizes": [10_000_000]},
            [(6_000_000, 6_000_000), (20_000_000, 10_000_000)],
            ["invalid_params", "ok"],
        ),
        (
            {"refused_chunk_sizes": [10_000_000]},
            [(20_000_000, 5_242_880), (20_000_000, 10_000_000)],
            ["ok", "invalid_params"],
        ),
    ],
)
@pytest.mark.parametrize("endpoint", ["video_init", "inbox_init"])
def test_plan_for_chunks_can_be_refused_until_the_fault_is_cleared(
    talk: Talk,
    tiktok: Simulator,
    token: str,
    endpoint: str,
    fault: dict[str, Any],
    plans: list[tuple[int, int]],
    codes: list[str],
) -> None:
    def init(size: int, chunk: int) -> Answer:
        if endpoint == "video_init":
            return talk.init(token, size=size, chunk=chunk, count=size // chunk)
        plan = {"video_size": size, "chunk_size": chunk, "total_chunk_count": size // chunk}
        return talk.inbox(token, {"source": "FILE_UPLOAD", **plan})

    tiktok.fault("chunk_plan_refused", endpoint, times=-1, **fault)
    answers = [init(*plan) for plan in plans]
    tiktok.clear_faults("chunk_plan_refused")

    assert [answer.code for answer in answers] == codes
    refused = next(answer for answer in answers if answer.status == 400)
    assert refused.json()["error"]["message"] == "The chunk size is invalid"
    assert [init(*plan).code for plan in plans] == ["ok", "ok"]


def test_clearing_one_fault_leaves_the_others_armed(talk: Talk, tiktok: Simulator, token: str) -> None:
    tiktok.fault("chunk_plan_refused", times=-1)
    tiktok.fault("rate_limit", "user_info")
    tiktok.clear_faults("chunk_plan_refused")

    assert [fault["fault"] for fault in tiktok.armed_faults()] == ["rate_limit"]
    assert talk.init(token).code == "ok"


def test_faults_of_the_answer_strike_every_init(talk: Talk, tiktok: Simulator, token: str) -> None:
    outcomes = []
    for endpoint, init in INITS.items():
        tiktok.fault("server_error", endpoint, status=503)
        outcomes.append(init(talk, token).outcome)

    assert outcomes == [(503, "internal_error")] * 3
    assert tiktok.posts() == []
