"""Times for one click: wall times of the post's zone, never one that has passed."""

from datetime import UTC, datetime

import pytest

from tiktok.posts.web.quick_times import quick_times


@pytest.mark.parametrize(
    ("now", "zone", "offered"),
    [
        ("2026-11-29T16:40", "Europe/Berlin", ["2026-11-29T18:00", "2026-11-30T09:00", "2026-11-30T18:00"]),
        ("2026-11-29T16:50", "Europe/Berlin", ["2026-11-30T09:00", "2026-11-30T18:00"]),
        ("2026-11-29T23:30", "Europe/Berlin", ["2026-11-30T18:00", "2026-12-01T09:00", "2026-12-01T18:00"]),
        ("2026-11-29T12:00", "Pacific/Kiritimati", ["2026-11-30T18:00", "2026-12-01T09:00", "2026-12-01T18:00"]),
        ("2026-11-29T12:00", "Nowhere/Gone", []),
    ],
)
def test_evening_and_tomorrow_are_offered_in_the_zone(now: str, zone: str, offered: list[str]) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)

    assert [each.value for each in quick_times(moment, zone)] == offered


def test_offered_times_are_said_by_day_and_clock() -> None:
    offered = quick_times(datetime(2026, 11, 29, 8, tzinfo=UTC), "Europe/Berlin")

    assert [each.label for each in offered] == ["Today 18:00", "Tomorrow 09:00", "Tomorrow 18:00"]
