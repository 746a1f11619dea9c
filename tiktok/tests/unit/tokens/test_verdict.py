"""The judgement of the laboratory of tokens, and what it reads from the command line."""

from collections import Counter
from dataclasses import replace

import pytest

from tiktok.tests.chaos.verdict import Outcome
from tiktok.tests.tokens.options import KillOptions, StormOptions, parse
from tiktok.tests.tokens.verdict import FATAL, NAMED, Fate, Moment, Storm

CLEAN = Storm(
    users=2,
    life_s=10,
    seconds=60,
    outcomes=Counter({Outcome.ONCE: 20}),
    refreshes=Counter(maren=8, tomas=3),
    outlived=1,
)


@pytest.mark.parametrize(
    ("storm", "faults"),
    [
        (CLEAN, []),
        (replace(CLEAN, refused=Counter(status=2)), []),
        (replace(CLEAN, used_twice=1), ["refresh tokens used twice"]),
        (replace(CLEAN, restarted=1), ["publishes restarted"]),
        (replace(CLEAN, sent_again=1), ["chunks sent again"]),
        (replace(CLEAN, lost=1), ["accounts lost"]),
        (replace(CLEAN, outlived=0), ["no upload outlived its token"]),
        (replace(CLEAN, refreshes=Counter(maren=3)), ["too few refreshes to tell anything"]),
        (replace(CLEAN, refreshes=Counter()), ["too few refreshes to tell anything"]),
        (replace(CLEAN, outcomes=Counter({Outcome.ONCE: 19, Outcome.TWICE: 1})), ["not all published once"]),
    ],
)
def test_storm_is_clean_only_when_everything_is_as_it_should_be(storm: Storm, faults: list[str]) -> None:
    assert storm.faults() == faults


FOREIGN = "foreign or half pair"
LOST = "lost, though not killed between TikTok's answer and our commit"
DEAD = "said to be active without usable tokens"
UNSTORED = "rotated and not stored, though not killed there"


@pytest.mark.parametrize(
    ("moment", "active", "stale", "whole", "faults"),
    [
        (None, True, False, True, []),
        (None, False, False, True, [LOST]),
        (None, False, True, True, [UNSTORED]),
        (Moment.AFTER_SAVE, True, False, True, []),
        (Moment.AFTER_SAVE, False, True, True, [UNSTORED]),
        (Moment.BEFORE_CALL, False, False, True, [LOST]),
        (Moment.BEFORE_SAVE, False, True, True, []),
        (Moment.AFTER_CALL, True, True, True, [DEAD]),
        (Moment.RANDOM, False, True, True, []),
        (Moment.RANDOM, True, False, True, []),
        (Moment.RANDOM, True, False, False, [FOREIGN]),
    ],
)
def test_only_a_death_between_answer_and_commit_may_cost_an_account(
    moment: Moment | None, active: bool, stale: bool, whole: bool, faults: list[str]
) -> None:
    assert Fate(moment, is_active=active, is_stale=stale, is_whole=whole).faults() == faults


def test_named_moments_are_all_but_the_random_one() -> None:
    assert set(NAMED) | {Moment.RANDOM} == set(Moment)
    assert set(NAMED) > FATAL


def test_options() -> None:
    assert parse(["kills", "--kills", "7"]) == KillOptions(
        setup="embedded", seed=1, workers=1, threads=6, lease_s=30, kills=7
    )
    storm = parse(["storm", "--workers", "16", "--life-s", "120", "--setup", "services"])
    assert isinstance(storm, StormOptions)
    assert (storm.setup, storm.life_s, storm.users, storm.shared) == ("services", 120, 12, 4)
