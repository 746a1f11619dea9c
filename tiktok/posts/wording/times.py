"""A post's time as the person typed it: "Mon 30 Nov", "18:00", "Berlin"; other zones are for the tooltip."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.web import times
from tiktok.models import Post
from tiktok.posts.schedule import is_known_zone


@dataclass(frozen=True, slots=True)
class PlannedTime:
    """The wall time that a person chose. ``at``: the same as an instant, once the post is scheduled."""

    local: datetime
    zone: str
    at: datetime | None = None

    def __str__(self) -> str:
        text = times.short_date_text(self.local) if self._is_this_year else times.dated_text(self.local)
        if self.zone == timezone.get_current_timezone_name():
            return text
        return _("%(time)s (%(zone)s)") % {"time": text, "zone": self.place}

    @property
    def _is_this_year(self) -> bool:
        return self.local.year == timezone.localtime().year

    @property
    def day(self) -> str:
        """The date with its weekday, and with its year unless it is this one."""
        # Translators: Django's date format for "Mon 30 Nov".
        short = pgettext("date format", "D j M")
        # Translators: Django's date format for "Mon 30 Nov 2026".
        dated = pgettext("date format", "D j M Y")
        return date_format(self.local, short if self._is_this_year else dated)

    @property
    def clock(self) -> str:
        """The time of day."""
        return times.clock_text(self.local)

    @property
    def place(self) -> str:
        """The zone's city."""
        return self.zone.rsplit("/", 1)[-1].replace("_", " ")

    @property
    def full(self) -> str:
        """The date and time in the post's zone, in the page's zone and in UTC."""
        if self.at is None:
            return f"{self.local:%Y-%m-%d %H:%M} {self.zone}"
        own = [ZoneInfo(self.zone)] if is_known_zone(self.zone) else []
        zones = {str(zone): zone for zone in (*own, timezone.get_current_timezone())}
        return " · ".join(times.full_text(self.at.astimezone(zone)) for zone in zones.values())


def planned_time(post: Post) -> PlannedTime | None:
    """Return the time that a person chose for the post; None if there is none."""
    return _read(post.publish_local, post.publish_zone, post.publish_at)


def planned_time_in(detail: Mapping[str, Any]) -> PlannedTime | None:
    """Return the time that a line of the history keeps."""
    plan = detail.get("plan") or {}
    return _read(plan.get("local", ""), plan.get("zone", ""), None)


def _read(local: str, zone: str, at: datetime | None) -> PlannedTime | None:
    if not local:
        return None
    return PlannedTime(datetime.fromisoformat(local).replace(tzinfo=None), zone, at)
