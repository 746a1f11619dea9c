"""The one validator, by table: what is missing, what is wrong, and what a draft may leave open."""

from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tiktok.api.text import utf16_length
from tiktok.models import Media, MediaState
from tiktok.posts.consent import consent_text, creator_from_json, creator_to_json
from tiktok.posts.rules import PostOptions, check_options
from tiktok.tests.unit.posts.conftest import creator

GOOD = PostOptions(caption="Hello", privacy_level="PUBLIC_TO_EVERYONE", allow_comment=True)


def clip(**fields: Any) -> Media:
    return Media(**({"state": MediaState.READY, "duration_ms": 30_000, "problems": []} | fields))


def found(
    options: PostOptions, *, draft: bool = False, audited: bool | None = None, **kwargs: Any
) -> list[tuple[str, str]]:
    case: dict[str, Any] = {"files": [clip()], "creator": creator()} | kwargs
    problems = check_options(options, app_audited=audited, draft=draft, **case)
    return [(problem.field, problem.code) for problem in problems]


NO_LENGTH = clip(duration_ms=None)
OUTSIDE = ("cover_timestamp_ms", "cover_outside_video")


def options(**fields: Any) -> PostOptions:
    return PostOptions(**({"privacy_level": "PUBLIC_TO_EVERYONE"} | fields))


def test_a_good_post_has_no_problem() -> None:
    assert found(GOOD) == []


def test_a_video_being_checked_is_no_problem_of_a_draft() -> None:
    checking = clip(state=MediaState.CHECKING, duration_ms=None)

    assert found(GOOD, files=[checking]) == [("media", "media_checking")]
    assert found(GOOD, files=[checking], draft=True) == []


def test_a_refused_video_is_a_problem_of_a_draft_too() -> None:
    refused = clip(state=MediaState.REFUSED, refusal_code="unknown_format")

    assert found(GOOD, files=[refused], draft=True) == [("media", "media_refused")]


@pytest.mark.parametrize(
    ("chosen", "case", "problem"),
    [
        (options(caption="x" * 2201), {}, ("caption", "caption_too_long")),
        (options(caption="😀" * 1101), {}, ("caption", "caption_too_long")),
        (options(caption="a\0b"), {}, ("caption", "caption_unreadable")),
        (options(caption="a\ud800b"), {}, ("caption", "caption_unreadable")),
        (options(privacy_level=""), {}, ("privacy_level", "privacy_missing")),
        (options(privacy_level="EVERYBODY"), {"creator": None}, ("privacy_level", "privacy_not_offered")),
        (options(privacy_level="FOLLOWER_OF_CREATOR"), {}, ("privacy_level", "privacy_not_offered")),
        (options(), {"audited": False}, ("privacy_level", "app_not_audited")),
        (options(allow_comment=True), {"creator": creator(comment_disabled=True)},
         ("allow_comment", "interaction_disabled")),
        (options(allow_duet=True), {"creator": creator(duet_disabled=True)}, ("allow_duet", "interaction_disabled")),
        (options(allow_stitch=True), {"creator": creator(stitch_disabled=True)},
         ("allow_stitch", "interaction_disabled")),
        (options(privacy_level="SELF_ONLY", brand_content=True), {}, ("brand_content", "branded_content_private")),
        (
            options(privacy_level="FOLLOWER_OF_CREATOR", brand_content=True),
            {"creator": creator(privacy_level_options=("FOLLOWER_OF_CREATOR",))},
            ("brand_content", "branded_content_private"),
        ),
        (options(), {"files": []}, ("media", "media_missing")),
        (options(), {"files": [clip(deleted_at=timezone.now())]}, ("media", "media_deleted")),
        (options(), {"files": [clip(problems=[{"code": "fps", "message": "m"}])]}, ("media", "fps")),
        (options(), {"files": [clip(duration_ms=600_001)]}, ("media", "video_too_long")),
        (options(cover_timestamp_ms=30_001), {}, ("cover_timestamp_ms", "cover_outside_video")),
        (options(cover_timestamp_ms=-1), {"files": [NO_LENGTH]}, OUTSIDE),
        (options(cover_timestamp_ms=2**31), {"files": [NO_LENGTH]}, OUTSIDE),
    ],
)  # fmt: skip
def test_each_fault_is_named_with_its_field(
    chosen: PostOptions, case: dict[str, Any], problem: tuple[str, str]
) -> None:
    assert found(chosen, **case) == [problem]


@pytest.mark.parametrize(
    ("chosen", "case"),
    [
        (options(caption="x" * 2200), {}),
        (options(caption="😀" * 1100), {}),
        (options(privacy_level="SELF_ONLY"), {"audited": False}),
        (options(privacy_level="MUTUAL_FOLLOW_FRIENDS", brand_content=True, brand_organic=True), {}),
        (options(privacy_level="SELF_ONLY", brand_organic=True), {}),
        (options(), {"creator": creator(comment_disabled=True, duet_disabled=True, stitch_disabled=True)}),
        (options(cover_timestamp_ms=30_000), {}),
        (options(), {"files": [clip(duration_ms=600_000)]}),
    ],
)
def test_the_limits_themselves_are_allowed(chosen: PostOptions, case: dict[str, Any]) -> None:
    assert found(chosen, **case) == []


@pytest.mark.parametrize(
    ("length_ms", "shown"),
    [(180_001, "3:00.001"), (180_030, "3:00.03"), (180_999, "3:00.999"), (181_000, "3:01"), (200_600, "3:21")],
)
def test_a_length_just_over_the_limit_shows_its_fraction(length_ms: int, shown: str) -> None:
    limited = creator(max_video_post_duration_s=180)
    [problem] = check_options(GOOD, files=[clip(duration_ms=length_ms)], creator=limited, app_audited=None)
    assert problem.message == f"The video is {shown} long. This account can post up to 3:00. Choose a shorter video."


def test_a_draft_may_be_incomplete_but_not_wrong() -> None:
    assert found(PostOptions(), files=[], creator=None, draft=True) == []
    wrong = PostOptions(caption="x" * 4001, cover_timestamp_ms=-1)
    assert found(wrong, files=[], creator=None, draft=True) == [
        ("caption", "caption_too_long"),
        ("cover_timestamp_ms", "cover_outside_video"),
    ]


@given(st.text())
def test_a_caption_passes_exactly_up_to_2200_utf16_units(caption: str) -> None:
    long = [code for _field, code in found(options(caption=caption * 40)) if code == "caption_too_long"]
    assert bool(long) == (utf16_length(caption * 40) > 2200)


def test_the_consent_line_is_tiktoks() -> None:
    music = "By posting, you agree to TikTok's Music Usage Confirmation"
    both = "By posting, you agree to TikTok's Branded Content Policy and Music Usage Confirmation"
    assert consent_text(options()) == music
    assert consent_text(options(brand_organic=True)) == music
    assert consent_text(options(brand_content=True)) == both
    assert consent_text(options(brand_content=True, brand_organic=True)) == both


def test_a_stored_creator_comes_back_as_it_was() -> None:
    before = creator(comment_disabled=True)
    assert creator_from_json(creator_to_json(before)) == before
