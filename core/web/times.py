"""Times as people say them: "Today 18:00", "Mon 30 Nov, 18:00", counting calendar days in the active time zone.

``static/js/time.js`` follows the same rules when the day changes in front of an open page.
"""

from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def day_text(moment: datetime, now: datetime | None = None) -> str:
    """Return "Today 18:00", "Tomorrow 09:30", "Yesterday 14:02" or the date, in the active time zone."""
    local, today = timezone.localtime(moment), timezone.localtime(now)
    pattern = day_patterns().get((local.date() - today.date()).days)
    return pattern % {"time": clock_text(local)} if pattern else date_text(moment, now)


def date_text(moment: datetime, now: datetime | None = None) -> str:
    """Return "Mon 30 Nov, 18:00", with the year unless it is the current one, in the active time zone."""
    local = timezone.localtime(moment)
    is_this_year = local.year == timezone.localtime(now).year
    return short_date_text(local) if is_this_year else dated_text(local)


def day_patterns() -> dict[int, str]:
    """Return the texts for the days around today by their distance in days, with ``%(time)s`` for the clock."""
    return {-1: _("Yesterday %(time)s"), 0: _("Today %(time)s"), 1: _("Tomorrow %(time)s")}


def clock_text(local: datetime) -> str:
    """Return "18:00"."""
    return date_format(local, "TIME_FORMAT")


def short_date_text(local: datetime) -> str:
    """Return "Mon 30 Nov, 18:00"."""
    # Translators: Django's date format for "Mon 30 Nov, 18:00".
    return date_format(local, pgettext("date format", "D j M, H:i"))


def dated_text(local: datetime) -> str:
    """Return "Mon 30 Nov 2026, 18:00"."""
    # Translators: Django's date format for "Mon 30 Nov 2026, 18:00".
    return date_format(local, pgettext("date format", "D j M Y, H:i"))


def full_text(local: datetime) -> str:
    """Return date, seconds, zone and offset, and the time in UTC where it differs."""
    offset = local.strftime("%z")
    zone = f"{local.tzinfo} (UTC{offset[:3]}:{offset[3:5]})"
    text = f"{date_format(local, 'DATE_FORMAT')} {local:%H:%M:%S} {zone}"
    if not local.utcoffset():
        return text
    utc = local.astimezone(UTC)
    same_day = utc.date() == local.date()
    return f"{text} · {f'{utc:%H:%M} UTC' if same_day else f'{dated_text(utc)} UTC'}"


def may_change_today(moment: datetime, now: datetime | None = None) -> bool:
    """Return whether the text of ``moment`` changes while a page is open: yes, unless it is long past."""
    return moment > (now or timezone.now()) - timedelta(days=2)
