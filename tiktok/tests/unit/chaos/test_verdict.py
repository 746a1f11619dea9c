"""The laboratory's judgement, and its plan."""

from collections import Counter

import pytest

from tiktok.tests.chaos.options import parse
from tiktok.tests.chaos.plan import make_plan
from tiktok.tests.chaos.verdict import FORBIDDEN, Case, Outcome, judge

OURS, OTHER = "a" * 64, "b" * 64


@pytest.mark.parametrize(
    ("published", "state", "reason", "outcome"),
    [
        ([OURS], "published", "", Outcome.ONCE),
        ([OURS, OURS], "published", "", Outcome.TWICE),
        ([OURS, OURS], "uploading", "", Outcome.TWICE),
        ([OTHER], "published", "", Outcome.OTHER_BYTES),
        ([""], "published", "", Outcome.OTHER_BYTES),
        ([], "published", "", Outcome.LOST),
        ([], "", "", Outcome.LOST),
        ([], "failed", "", Outcome.FAILED),
        ([], "cancelled", "", Outcome.FAILED),
        ([], "needs_attention", "bug", Outcome.ATTENTION),
        ([], "needs_attention", "outcome_unknown", Outcome.ATTENTION),
        ([OURS], "needs_attention", "outcome_unknown", Outcome.ATTENTION),
        ([OURS], "needs_attention", "bug", Outcome.DENIED),
        ([OURS], "failed", "", Outcome.DENIED),
        ([OURS], "processing", "", Outcome.MOVING),
        ([], "due", "", Outcome.MOVING),
    ],
)
def test_what_tiktok_saw_is_weighed_against_what_the_product_says(
    published: list[str], state: str, reason: str, outcome: Outcome
) -> None:
    assert judge(Case("a caption", OURS, published, state, reason)) == outcome


@pytest.mark.parametrize(
    ("published", "state", "outcome"),
    [
        ([OURS], "in_inbox", Outcome.ONCE),
        ([OURS], "published", Outcome.DENIED),
        ([], "in_inbox", Outcome.LOST),
        ([OURS, OURS], "in_inbox", Outcome.TWICE),
    ],
)
def test_draft_ends_in_the_inbox(published: list[str], state: str, outcome: Outcome) -> None:
    assert judge(Case("a draft", OURS, published, state, end="in_inbox")) == outcome


def test_only_published_once_and_a_plain_word_are_allowed() -> None:
    assert set(Outcome) - FORBIDDEN == {Outcome.ONCE, Outcome.ATTENTION, Outcome.FAILED}


def test_same_seed_plans_the_same_posts() -> None:
    plans = [make_plan(parse(["--posts", "40", "--seed", seed])) for seed in ("1", "1", "2")]

    assert plans[0] == plans[1] != plans[2]


def test_plan_has_every_kind_of_post_and_no_file_twice_for_an_account() -> None:
    options = parse(["--posts", "1000"])
    plan = make_plan(options)

    assert options.accounts == 100
    assert len({post.caption for post in plan.posts}) == 1000
    assert len({(post.account, post.file) for post in plan.posts}) == 1000
    assert 100 < sum(post.after_s > 0 for post in plan.posts) < 300
    assert 120 < sum(bool(post.photos) for post in plan.posts) < 180
    assert 350 < sum(post.is_pull for post in plan.posts) < 450
    drafts = Counter(post.account for post in plan.posts if post.is_draft)
    assert (drafts.total(), max(drafts.values())) == (200, 2)
    assert 150 < sum(plan.sizes[post.file] > 10_000_000 for post in plan.posts) < 350
