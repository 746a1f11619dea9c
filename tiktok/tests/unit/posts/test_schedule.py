"""From a wall time to an instant: gaps are refused with an offer, overlaps take the first."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok.posts.schedule import TimeRefused, When, from_instant, from_local, refuse_unless_ahead

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("local", "zone", "utc", "is_ambiguous"),
    [
        ("2026-07-01T12:00", "Europe/Vienna", "2026-07-01T10:00+00:00", False),
        ("2026-12-01T12:00", "Europe/Vienna", "2026-12-01T11:00+00:00", False),
        ("2026-10-25T02:30", "Europe/Vienna", "2026-10-25T00:30+00:00", True),
        ("2026-10-25T03:00", "Europe/Vienna", "2026-10-25T02:00+00:00", False),
        ("2026-03-29T03:00", "Europe/Vienna", "2026-03-29T01:00+00:00", False),
        ("2026-11-01T01:15", "America/New_York", "2026-11-01T05:15+00:00", True),
        ("2026-04-05T01:45", "Australia/Lord_Howe", "2026-04-04T14:45+00:00", True),
        ("2026-06-01T00:00", "UTC", "2026-06-01T00:00+00:00", False),
    ],
)
def test_wall_times(local: str, zone: str, utc: str, is_ambiguous: bool) -> None:
    when = from_local(datetime.fromisoformat(local), zone)
    assert when == When(datetime.fromisoformat(utc), datetime.fromisoformat(local), zone, is_ambiguous)
    assert bool(when.note) == is_ambiguous


@pytest.mark.parametrize(
    ("local", "zone", "offered"),
    [
        ("2026-03-29T02:00", "Europe/Vienna", "2026-03-29T03:00"),
        ("2026-03-29T02:59:59", "Europe/Vienna", "2026-03-29T03:00"),
        ("2026-03-08T02:30", "America/New_York", "2026-03-08T03:00"),
        ("2026-10-04T02:10", "Australia/Lord_Howe", "2026-10-04T02:30"),
        ("2011-12-30T15:00", "Pacific/Apia", "2011-12-31T00:00"),
    ],
)
def test_a_time_in_a_gap_is_refused_and_the_next_valid_one_offered(local: str, zone: str, offered: str) -> None:
    with pytest.raises(TimeRefused) as refused:
        from_local(datetime.fromisoformat(local), zone)
    assert refused.value.errors[0].code == "time_in_gap"
    assert refused.value.next_valid == datetime.fromisoformat(offered)
    assert from_local(refused.value.next_valid, zone).local == refused.value.next_valid


@pytest.mark.parametrize(
    "zone",
    [
        "Europe/Nowhere", "", "../etc/passwd", "x" * 300, "Europe", "a\0b", "localtime", "Factory", "posixrules",
        "right/Europe/Vienna", "europe/vienna",
    ],
)  # fmt: skip
def test_an_unknown_zone_is_named(zone: str) -> None:
    with pytest.raises(TimeRefused) as refused:
        from_local(datetime(2026, 1, 1), zone)
    assert (refused.value.errors[0].field, refused.value.errors[0].code) == ("timezone", "unknown_time_zone")


@pytest.mark.parametrize(("at", "code"), [(NOW, "time_passed"), (NOW + timedelta(days=800), "time_too_far")])
def test_only_the_near_future_can_be_chosen(at: datetime, code: str) -> None:
    with pytest.raises(TimeRefused) as refused:
        refuse_unless_ahead(from_instant(at, "UTC"), NOW)
    assert refused.value.errors[0].code == code
    refuse_unless_ahead(from_instant(NOW + timedelta(seconds=1), "UTC"), NOW)


@pytest.mark.parametrize("local", [datetime.min, datetime.max])
def test_the_ends_of_the_calendar_are_refused(local: datetime) -> None:
    for zone in ("Pacific/Kiritimati", "America/Adak"):
        with pytest.raises(TimeRefused, match=r"time_too_far|time_passed"):
            refuse_unless_ahead(from_local(local, zone), NOW)


@given(
    st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2037, 1, 1)),
    st.sampled_from(["Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]),
)
def test_every_accepted_time_shows_what_was_asked(local: datetime, zone: str) -> None:
    shown, offered = shown_or_offered(local, zone)
    if offered is None:
        assert shown == local
    else:
        assert offered > local
        assert shown_or_offered(offered, zone) == (offered, None)


def shown_or_offered(local: datetime, zone: str) -> tuple[datetime | None, datetime | None]:
    """Return the zone's wall time at the accepted instant, or the time offered instead."""
    try:
        when = from_local(local, zone)
    except TimeRefused as refused:
        return None, refused.next_valid
    return when.at.astimezone(ZoneInfo(zone)).replace(tzinfo=None), None
