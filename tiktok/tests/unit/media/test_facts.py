"""The answer of the probe's child is checked, and TikTok's limits are named."""

from typing import Any

import pytest

from tiktok.media.facts import Facts, Unbelievable, problems_of, read_facts
from tiktok.media.refusals import refusal_text

ANSWER: dict[str, Any] = {
    "family": "mov", "brands": ["isom"], "codec": "h264", "width": 1080, "height": 1920, "rotation": 0, "fps": 30.0,
    "duration_s": 12.5, "audio": "aac", "is_decodable": True,
}  # fmt: skip


def codes(**changes: Any) -> list[str]:
    return [problem["code"] for problem in problems_of(read_facts(ANSWER | changes))]


def message(**changes: Any) -> str:
    return problems_of(read_facts(ANSWER | changes))[0]["message"]


def test_good_answer_becomes_facts() -> None:
    assert read_facts(ANSWER) == Facts("video/mp4", "h264", 1080, 1920, 30.0, 12_500, True, True)


@pytest.mark.parametrize(
    "lie",
    [
        {"width": "1080"}, {"width": 0}, {"width": -5}, {"width": True}, {"width": 10**9}, {"rotation": 360},
        {"rotation": None}, {"codec": "h" * 41}, {"codec": 7}, {"codec": "h264\n"}, {"family": None}, {"fps": "30"},
        {"duration_s": [1]}, {"brands": "isom"}, {"brands": []}, {"brands": ["isom"] * 99},
    ],
)  # fmt: skip
def test_lie_is_not_believed(lie: dict[str, Any]) -> None:
    with pytest.raises(Unbelievable):
        read_facts(ANSWER | lie)


@pytest.mark.parametrize("name", sorted(set(ANSWER) - {"fps", "duration_s", "is_decodable"}))
def test_nothing_may_be_left_out(name: str) -> None:
    with pytest.raises(Unbelievable):
        read_facts({key: value for key, value in ANSWER.items() if key != name})


def test_turned_phone_video_is_upright() -> None:
    facts = read_facts(ANSWER | {"width": 1920, "height": 1080, "rotation": 90})

    assert (facts.width, facts.height) == (1080, 1920)


@pytest.mark.parametrize("nonsense", [float("nan"), float("inf"), 0, -30, 90_000])
def test_nonsensical_rate_is_no_rate(nonsense: float) -> None:
    assert read_facts(ANSWER | {"fps": nonsense}).fps is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"brands": ["qt  "]}, []),
        ({"family": "matroska", "brands": ["webm"], "codec": "vp9"}, []),
        ({"family": "matroska", "brands": ["matroska"]}, ["container"]),
        ({"brands": ["3gp4", "3gp5"]}, ["container"]),
        ({"brands": ["3gp4", "isom"]}, []),
        ({"brands": ["M4A ", "mp42"]}, []),
        ({"brands": ["M4A "]}, ["container"]),
        ({"codec": "unknown", "width": None, "height": None, "is_decodable": None}, ["codec"]),
        ({"codec": "mpeg4"}, ["codec"]),
        ({"codec": "hevc"}, []),
        ({"is_decodable": False}, ["undecodable"]),
        ({"is_decodable": None}, []),
        ({"width": 360, "height": 4096}, []),
        ({"width": 359}, ["too_small"]),
        ({"height": 4097}, ["too_big"]),
        ({"width": 100, "height": 5000}, ["too_small", "too_big"]),
        ({"fps": 23.0}, []),
        ({"fps": 60.003}, []),
        ({"fps": 22.9}, ["frame_rate"]),
        ({"fps": 60.1}, ["frame_rate"]),
        ({"fps": None}, ["frame_rate"]),
        ({"duration_s": 600.0}, []),
        ({"duration_s": 600.01}, ["too_long"]),
        ({"duration_s": None}, ["duration_unknown"]),
    ],
)
def test_every_limit_is_checked_at_its_edge(changes: dict[str, Any], expected: list[str]) -> None:
    assert codes(**changes) == expected


def test_problem_names_what_is_and_what_may_be() -> None:
    assert message(fps=15) == "Its frame rate is 15 fps; TikTok accepts 23–60. Export it again at 30 fps."
    assert message(duration_s=725) == (
        "It is 12 min 5 s long; TikTok accepts at most 10 minutes. Shorten it and upload it again."
    )


@pytest.mark.parametrize(("seconds", "shown"), [(600.001, "0.001"), (600.03, "0.03"), (600.96, "0.96"), (601.5, "2")])
def test_length_just_over_the_limit_shows_its_fraction(seconds: float, shown: str) -> None:
    assert message(duration_s=seconds) == (
        f"It is 10 min {shown} s long; TikTok accepts at most 10 minutes. Shorten it and upload it again."
    )


@pytest.mark.parametrize(
    ("codec", "shown"), [("av1", "AV1"), ("prores", "ProRes"), ("unknown", "unknown"), ("rv40", "rv40")]
)
def test_codec_has_the_name_that_people_know(codec: str, shown: str) -> None:
    assert message(codec=codec) == (
        f"TikTok accepts H.264, H.265, VP8 and VP9; this video’s codec is {shown}. Export it again with H.264."
    )


def test_unknown_refusal_is_no_video() -> None:
    assert refusal_text("rm -rf") == refusal_text("unknown_format")
