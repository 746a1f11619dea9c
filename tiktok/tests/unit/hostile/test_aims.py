"""The aims of the laboratory of hostile clients, and its options."""

import math

import pytest

from tiktok.tests.hostile.aims import HEALTH, Measured, Sample, Upload, aims, quantile
from tiktok.tests.hostile.options import WHOLE, parse

SENT = "a" * 64
GOOD = Upload(SENT, SENT)


def samples(health_s: float, page_s: float, status: int = 200) -> list[Sample]:
    return [Sample(HEALTH, health_s, status), Sample("home", page_s, status)]


def missed(measured: Measured) -> list[int]:
    """Places of the aims that are not met."""
    return [place for place, aim in enumerate(aims(measured)) if not aim.is_met]


def test_run_within_all_limits_meets_every_aim() -> None:
    assert missed(Measured(samples(0.01, 0.1), samples(1.0, 0.2), [GOOD], 599)) == []


@pytest.mark.parametrize(
    ("measured", "place"),
    [
        (Measured(samples(0.01, 0.1), samples(1.01, 0.1), [GOOD], 100), 0),
        (Measured(samples(0.01, 0.1), samples(0.01, 0.21), [GOOD], 100), 1),
        (Measured(samples(0.01, 0.1), samples(0.01, 0.1, 503), [GOOD], 100), 2),
        (Measured(samples(0.01, 0.1), samples(0.01, 0.1), [GOOD, Upload(SENT, "")], 100), 3),
        (Measured(samples(0.01, 0.1), samples(0.01, 0.1), [Upload(SENT, "b" * 64)], 100), 3),
        (Measured(samples(0.01, 0.1), samples(0.01, 0.1), [], 100), 3),
        (Measured(samples(0.01, 0.1), samples(0.01, 0.1), [GOOD], 600), 4),
        (Measured(samples(0.01, 0.1), samples(0.01, 0.1), [GOOD], 0), 4),
        (Measured(samples(0.01, 0.1), samples(0.01, 0.1), [GOOD], 100, ["1 file"]), 5),
    ],
)
def test_each_limit_that_is_passed_misses_its_own_aim(measured: Measured, place: int) -> None:
    assert missed(measured) == [place]


def test_run_that_measured_nothing_meets_no_aim_of_time() -> None:
    assert missed(Measured([], [], [GOOD], 100)) == [0, 1]


@pytest.mark.parametrize(("share", "value"), [(0.5, 2), (0.75, 3), (0.95, 4), (1, 4)])
def test_quantile_is_a_measured_value(share: float, value: float) -> None:
    assert quantile([4, 1, 3, 2], share) == value


def test_quantile_of_nothing_is_infinite() -> None:
    assert math.isinf(quantile([], 0.95))


def test_scale_changes_how_many_clients_there_are_and_leaves_two_of_each() -> None:
    assert parse([]).crowd == WHOLE
    tenth = parse(["--scale", "0.1"]).crowd
    assert (tenth.half_sent, tenth.uploads, tenth.readers, tenth.edit_bombs, tenth.json_bombs) == (100, 20, 5, 3, 2)


def test_attack_outlasts_an_upload_on_its_slow_line() -> None:
    assert parse(["--upload-bytes", "1000000", "--rate", "50000"]).attack_s > 20


@pytest.mark.parametrize("scale", ["0", "1.1", "-1"])
def test_scale_outside_its_limits_is_refused(scale: str) -> None:
    with pytest.raises(SystemExit):
        parse(["--scale", scale])
