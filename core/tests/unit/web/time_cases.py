"""Moments, the moment they are read at, and what a page says; core and the browser tests read the same table."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo


def utc(text: str) -> datetime:
    """Return "2026-11-29T02:47" as a time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


BERLIN: Final = ZoneInfo("Europe/Berlin")
NEW_YORK: Final = ZoneInfo("America/New_York")
TOKYO: Final = ZoneInfo("Asia/Tokyo")
KIRITIMATI: Final = ZoneInfo("Pacific/Kiritimati")
NO_DST: Final = ZoneInfo("UTC")

#: zone, now, moment, text
CASES: Final = (
    # Both posts are on Monday, regardless of the distance in hours.
    (NO_DST, utc("2026-11-29T02:47"), utc("2026-11-30T11:16"), "Tomorrow 11:16"),
    (NO_DST, utc("2026-11-29T02:47"), utc("2026-11-30T18:30"), "Tomorrow 18:30"),
    (NO_DST, utc("2026-11-29T20:00"), utc("2026-12-01T07:00"), "Tue 1 Dec, 07:00"),
    # Both sides of midnight.
    (BERLIN, utc("2026-11-29T22:59"), utc("2026-11-29T22:59"), "Today 23:59"),
    (BERLIN, utc("2026-11-29T22:59"), utc("2026-11-29T23:00"), "Tomorrow 00:00"),
    (BERLIN, utc("2026-11-29T23:00"), utc("2026-11-29T22:59"), "Yesterday 23:59"),
    (BERLIN, utc("2026-11-29T23:00"), utc("2026-11-28T22:59"), "Sat 28 Nov, 23:59"),
    (BERLIN, utc("2026-11-29T22:59"), utc("2026-11-30T22:59"), "Tomorrow 23:59"),
    (BERLIN, utc("2026-11-29T22:59"), utc("2026-11-30T23:00"), "Tue 1 Dec, 00:00"),
    # Clocks go forward on 28 March 2027 and back on 25 October 2026: days of 23 and 25 hours.
    (BERLIN, utc("2027-03-27T23:30"), utc("2027-03-28T21:59"), "Today 23:59"),
    (BERLIN, utc("2027-03-27T22:30"), utc("2027-03-28T22:00"), "Mon 29 Mar, 00:00"),
    (BERLIN, utc("2027-03-28T00:59"), utc("2027-03-28T01:00"), "Today 03:00"),
    (BERLIN, utc("2026-10-24T22:00"), utc("2026-10-25T22:59"), "Today 23:59"),
    (BERLIN, utc("2026-10-24T22:00"), utc("2026-10-25T23:00"), "Tomorrow 00:00"),
    (BERLIN, utc("2026-10-25T00:30"), utc("2026-10-25T01:30"), "Today 02:30"),
    (NEW_YORK, utc("2027-03-14T05:00"), utc("2027-03-15T03:59"), "Today 23:59"),
    (NEW_YORK, utc("2027-03-14T04:59"), utc("2027-03-14T05:00"), "Tomorrow 00:00"),
    # The same moment is another day elsewhere.
    (TOKYO, utc("2026-11-29T15:30"), utc("2026-11-29T14:00"), "Yesterday 23:00"),
    (NEW_YORK, utc("2026-11-29T15:30"), utc("2026-11-29T14:00"), "Today 09:00"),
    (KIRITIMATI, utc("2026-11-29T09:00"), utc("2026-11-29T11:00"), "Tomorrow 01:00"),
    # The year is said when it is another one.
    (BERLIN, utc("2026-12-31T12:00"), utc("2026-12-31T23:00"), "Tomorrow 00:00"),
    (BERLIN, utc("2026-12-30T12:00"), utc("2026-12-31T23:00"), "Fri 1 Jan 2027, 00:00"),
    (BERLIN, utc("2027-01-02T12:00"), utc("2026-12-31T22:59"), "Thu 31 Dec 2026, 23:59"),
    (BERLIN, utc("2026-11-29T12:00"), utc("2026-12-15T17:00"), "Tue 15 Dec, 18:00"),
)
