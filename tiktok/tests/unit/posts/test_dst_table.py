"""Wall times against the world's clocks: what was asked for, and the instant, the offer or the note that follows.

A row is zone, wall time, and what becomes of it: ``once`` and its UTC instant, ``twice`` and the first of two, or
``gap`` and the wall time that is offered instead. Past changes are among them: their rules can no longer change.
"""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from tiktok.posts.schedule import TimeRefused, from_instant, from_local, note_for

GAP: Final = "gap"
TWICE: Final = "twice"
ONCE: Final = "once"

TABLE: Final = [
    # Europe: at 01:00 UTC everywhere
    ("Europe/Vienna", "2026-03-29T01:59", ONCE, "2026-03-29T00:59"),
    ("Europe/Vienna", "2026-03-29T02:00", GAP, "2026-03-29T03:00"),
    ("Europe/Vienna", "2026-03-29T02:59", GAP, "2026-03-29T03:00"),
    ("Europe/Vienna", "2026-03-29T03:00", ONCE, "2026-03-29T01:00"),
    ("Europe/Vienna", "2026-10-25T01:59", ONCE, "2026-10-24T23:59"),
    ("Europe/Vienna", "2026-10-25T02:00", TWICE, "2026-10-25T00:00"),
    ("Europe/Vienna", "2026-10-25T02:59", TWICE, "2026-10-25T00:59"),
    ("Europe/Vienna", "2026-10-25T03:00", ONCE, "2026-10-25T02:00"),
    ("Europe/London", "2026-03-29T01:30", GAP, "2026-03-29T02:00"),
    ("Europe/London", "2026-10-25T01:30", TWICE, "2026-10-25T00:30"),
    # Ireland's law has it the other way round: winter time is the exception
    ("Europe/Dublin", "2026-03-29T01:30", GAP, "2026-03-29T02:00"),
    ("Europe/Dublin", "2026-10-25T01:30", TWICE, "2026-10-25T00:30"),
    ("Europe/Dublin", "2026-12-24T18:00", ONCE, "2026-12-24T18:00"),
    # Half past midnight lies in the gap of the Azores, and midnight in the overlap
    ("Atlantic/Azores", "2026-03-29T00:30", GAP, "2026-03-29T01:00"),
    ("Atlantic/Azores", "2026-10-25T00:00", TWICE, "2026-10-25T00:00"),
    # North America: at two o'clock local time
    ("America/New_York", "2026-03-08T02:30", GAP, "2026-03-08T03:00"),
    ("America/New_York", "2026-11-01T01:30", TWICE, "2026-11-01T05:30"),
    ("America/Los_Angeles", "2026-11-01T01:00", TWICE, "2026-11-01T08:00"),
    ("America/St_Johns", "2026-03-08T02:15", GAP, "2026-03-08T03:00"),
    ("America/St_Johns", "2026-11-01T01:15", TWICE, "2026-11-01T03:45"),
    ("America/Phoenix", "2026-03-08T02:30", ONCE, "2026-03-08T09:30"),
    # A gap at midnight: that day has no 00:30
    ("America/Havana", "2026-03-08T00:30", GAP, "2026-03-08T01:00"),
    ("America/Havana", "2025-11-02T00:30", TWICE, "2025-11-02T04:30"),
    ("America/Asuncion", "2023-10-01T00:15", GAP, "2023-10-01T01:00"),
    ("Asia/Beirut", "2024-03-31T00:30", GAP, "2024-03-31T01:00"),
    ("Asia/Beirut", "2024-10-26T23:30", TWICE, "2024-10-26T20:30"),
    ("Africa/Cairo", "2024-04-26T00:30", GAP, "2024-04-26T01:00"),
    ("Africa/Cairo", "2024-10-31T23:30", TWICE, "2024-10-31T20:30"),
    ("America/Santiago", "2024-09-08T00:30", GAP, "2024-09-08T01:00"),
    # Half an hour, two hours, quarters of an hour
    ("Australia/Lord_Howe", "2026-10-04T02:10", GAP, "2026-10-04T02:30"),
    ("Australia/Lord_Howe", "2026-10-04T02:30", ONCE, "2026-10-03T15:30"),
    ("Australia/Lord_Howe", "2026-04-05T01:45", TWICE, "2026-04-04T14:45"),
    ("Antarctica/Troll", "2026-03-29T01:30", GAP, "2026-03-29T03:00"),
    ("Antarctica/Troll", "2026-03-29T02:30", GAP, "2026-03-29T03:00"),
    ("Antarctica/Troll", "2026-10-25T01:30", TWICE, "2026-10-24T23:30"),
    ("Pacific/Chatham", "2026-09-27T02:50", GAP, "2026-09-27T03:45"),
    ("Pacific/Chatham", "2026-04-05T03:00", TWICE, "2026-04-04T13:15"),
    ("Asia/Kolkata", "2026-07-01T12:00", ONCE, "2026-07-01T06:30"),
    ("Asia/Kathmandu", "2026-07-01T12:00", ONCE, "2026-07-01T06:15"),
    ("Australia/Eucla", "2026-07-01T12:00", ONCE, "2026-07-01T03:15"),
    ("Australia/Sydney", "2026-10-04T02:30", GAP, "2026-10-04T03:00"),
    # Ramadan: summer time is interrupted
    ("Africa/Casablanca", "2024-03-10T02:30", TWICE, "2024-03-10T01:30"),
    ("Africa/Casablanca", "2024-04-14T02:30", GAP, "2024-04-14T03:00"),
    # Rules that changed in 2026, after most operating systems' zone data was made
    ("Africa/Casablanca", "2027-07-01T12:00", ONCE, "2027-07-01T12:00"),
    ("America/Vancouver", "2027-03-14T02:30", ONCE, "2027-03-14T09:30"),
    # Abolished: what was a gap once is a time like any other
    ("America/Sao_Paulo", "2018-11-04T00:30", GAP, "2018-11-04T01:00"),
    ("America/Sao_Paulo", "2026-11-01T00:30", ONCE, "2026-11-01T03:30"),
    ("Asia/Tehran", "2022-03-22T00:30", GAP, "2022-03-22T01:00"),
    ("Asia/Tehran", "2026-03-22T00:30", ONCE, "2026-03-21T21:00"),
    ("Europe/Moscow", "2026-03-29T02:30", ONCE, "2026-03-28T23:30"),
    # A zone that changed sides: a day that did not happen, an hour that came back
    ("Pacific/Apia", "2011-12-30T15:00", GAP, "2011-12-31T00:00"),
    ("Pacific/Apia", "2026-07-01T12:00", ONCE, "2026-06-30T23:00"),
    ("Asia/Pyongyang", "2018-05-04T23:45", GAP, "2018-05-05T00:00"),
    ("America/Caracas", "2016-05-01T02:45", GAP, "2016-05-01T03:00"),
    ("Europe/Volgograd", "2020-12-27T01:30", TWICE, "2020-12-26T21:30"),
    ("Pacific/Kiritimati", "2026-01-01T00:00", ONCE, "2025-12-31T10:00"),
    ("UTC", "2026-03-29T02:30", ONCE, "2026-03-29T02:30"),
]


def test_changed_zone_rules_keep_the_instant_and_add_a_note() -> None:
    confirmed = datetime(2026, 7, 1, 10, tzinfo=UTC)  # 12:00 in Vienna when it was planned
    assert note_for("2026-07-01T12:00:00", "Europe/Vienna", confirmed) == ""
    assert "2026-07-01 10:00 UTC" in note_for("2026-07-01T13:00:00", "Europe/Vienna", confirmed)
    assert "2026-07-01 10:00 UTC" in note_for("2026-07-01T12:00:00", "Europe/Nowhere", confirmed)
    twice = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert "occurs twice" in note_for("2026-10-25T02:30:00", "Europe/Vienna", twice)


def test_the_table_is_long_enough() -> None:
    assert len(TABLE) >= 40
    assert len({zone for zone, *_ in TABLE}) >= 25


@pytest.mark.parametrize(("zone", "local", "kind", "expected"), TABLE)
def test_a_wall_time(zone: str, local: str, kind: str, expected: str) -> None:
    asked, answer = datetime.fromisoformat(local), datetime.fromisoformat(expected)
    if kind == GAP:
        with pytest.raises(TimeRefused) as refused:
            from_local(asked, zone)
        assert (refused.value.errors[0].field, refused.value.errors[0].code) == ("publish_at", "time_in_gap")
        assert refused.value.next_valid == answer
        assert f"{answer:%Y-%m-%d %H:%M}" in refused.value.user_message
        assert not from_local(answer, zone).note
        return
    when = from_local(asked, zone)
    assert (when.at, when.local, when.zone) == (answer.replace(tzinfo=UTC), asked, zone)
    assert when.is_ambiguous == bool(when.note) == (kind == TWICE)
    if kind == TWICE:
        later = asked.replace(tzinfo=ZoneInfo(zone), fold=1).astimezone(UTC)
        assert later > when.at


@pytest.mark.parametrize(("zone", "local", "kind", "expected"), [row for row in TABLE if row[2] == ONCE])
def test_an_instant_shows_the_wall_time_that_leads_back_to_it(zone: str, local: str, kind: str, expected: str) -> None:
    when = from_instant(datetime.fromisoformat(expected).replace(tzinfo=UTC), zone)
    assert when.local == datetime.fromisoformat(local)
