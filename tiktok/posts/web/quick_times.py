"""Times that the forms of a post offer for one click instead of typing."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from core.web.times import clock_text, day_patterns
from tiktok.posts.schedule import is_known_zone

MORNING: Final = time(9)
EVENING: Final = time(18)
LEAD: Final = timedelta(minutes=15)  # to finish the form


@dataclass(frozen=True, slots=True)
class QuickTime:
    """``value``: a wall time as the field takes it; ``label``: "Tomorrow 09:00"."""

    value: str
    label: str


def quick_times(now: datetime, zone: str) -> list[QuickTime]:
    """Return this evening while it is ahead, and tomorrow's morning and evening, in the zone; none if it is unknown."""
    if not is_known_zone(zone):
        return []
    local = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    offered = [(0, EVENING), (1, MORNING), (1, EVENING)]
    moments = [(day, datetime.combine(local.date() + timedelta(days=day), clock)) for day, clock in offered]
    return [
        QuickTime(f"{moment:%Y-%m-%dT%H:%M}", day_patterns()[day] % {"time": clock_text(moment)})
        for day, moment in moments
        if moment > local + LEAD
    ]
