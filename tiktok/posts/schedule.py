"""Convert a wall time and a zone to an instant, without side effects."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from core.web.refusals import FieldError, InvalidInput

FARTHEST: Final = timedelta(days=2 * 366)


@dataclass(frozen=True, slots=True)
class When:
    """A time for a post: the instant (UTC), and the wall time and IANA zone a person meant.

    ``is_ambiguous``: the clock shows this time twice that day, and the first is meant.
    """

    at: datetime
    local: datetime
    zone: str
    is_ambiguous: bool = False

    @property
    def note(self) -> str:
        """A note on an ambiguous time; empty otherwise."""
        if not self.is_ambiguous:
            return ""
        text = _("The clocks go back: %(time)s occurs twice that day in %(zone)s. Clipdesk uses the first.")
        return text % {"time": f"{self.local:%H:%M}", "zone": self.zone}


@dataclass(frozen=True, slots=True)
class Plan:
    """The wall time (ISO) and zone that a draft remembers; it is not scheduled by them, and they are not checked yet.

    ``local`` has an offset where the clocks show it twice and the second one is meant.
    """

    local: str
    zone: str


NO_PLAN: Final = Plan("", "")


class TimeRefused(InvalidInput):
    """This time cannot be used; ``next_valid`` is a wall time to offer instead."""

    def __init__(self, field: str, code: str, message: str, next_valid: datetime | None = None) -> None:
        data = {"next_valid": next_valid.isoformat(timespec="seconds")} if next_valid else {}
        super().__init__([FieldError(field, code, message, data)])
        self.next_valid = next_valid


def from_local(local: datetime, zone: str) -> When:
    """The instant at which the clocks of ``zone`` show ``local`` (naive). Raises TimeRefused."""
    info = _zone(zone)
    local = local.replace(tzinfo=None, fold=0)
    try:
        at = local.replace(tzinfo=info).astimezone(UTC)
        if at.astimezone(info).replace(tzinfo=None) != local:
            raise _in_gap(local, info, zone)
        later = local.replace(tzinfo=info, fold=1).astimezone(UTC)
    except OverflowError as error:
        raise _out_of_range() from error
    return When(at, local, zone, is_ambiguous=later != at)


def from_instant(at: datetime, zone: str) -> When:
    """An instant, with the wall time that ``zone`` shows at it. Raises TimeRefused."""
    info = _zone(zone)
    try:
        return When(at.astimezone(UTC), at.astimezone(info).replace(tzinfo=None, fold=0), zone)
    except OverflowError as error:
        raise _out_of_range() from error


def from_plan(plan: Plan) -> When:
    """The instant that a draft's time means. Raises TimeRefused."""
    local = datetime.fromisoformat(plan.local)
    return from_local(local, plan.zone) if local.tzinfo is None else from_instant(local, plan.zone)


def plan_of(local: str, zone: str, at: datetime | None) -> Plan:
    """Return a draft's plan for a stored time: exactly its instant, as the clocks of the zone show it now."""
    if not local or at is None or not is_known_zone(zone):
        return Plan(local, zone)
    shown = at.astimezone(ZoneInfo(zone))
    return Plan((shown if shown.fold else shown.replace(tzinfo=None)).isoformat(), zone)


def note_for(local: str, zone: str, at: datetime | None) -> str:
    """Return a note on a stored wall time: that it occurs twice, or that the zone's rules have changed since.

    The stored instant counts: it is what the person saw confirmed, what every process agrees on, and what the queue is
    ordered by; a new version of the time zone data must not move a post without anybody's knowledge.
    """
    if not local or at is None:
        return ""
    at = at.replace(microsecond=0)  # the wall time is stored without
    try:
        if from_instant(at, zone).local == datetime.fromisoformat(local):
            first = from_local(datetime.fromisoformat(local), zone)
            return first.note if first.at == at else ""  # only an offset can name the second one
    except TimeRefused:
        pass  # the zone is gone, or has moved far away
    text = _("The rules of this time zone have changed. The post will be published at %(utc)s UTC.")
    return text % {"utc": f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"}


def refuse_unless_ahead(when: When, now: datetime) -> None:
    """Raise TimeRefused for a time that has passed, or one too far away to promise."""
    if when.at <= now:
        raise TimeRefused("publish_at", "time_passed", _("This time has passed. Choose a later one."))
    if when.at > now + FARTHEST:
        raise _out_of_range()


def is_known_zone(name: str) -> bool:
    """Whether it is the IANA name of a place's zone, the same on every host."""
    return name in settings.ZONE_DATA.names


def _zone(name: str) -> ZoneInfo:
    if not is_known_zone(name):
        text = _("“%(name)s” is not a time zone. Use an IANA name such as Europe/Vienna.") % {"name": name[:60]}
        raise TimeRefused("timezone", "unknown_time_zone", text)
    return ZoneInfo(name)


def _in_gap(local: datetime, info: ZoneInfo, zone: str) -> TimeRefused:
    next_valid = _end_of_gap(local, info)
    text = _("The clocks go forward: %(time)s does not exist that day in %(zone)s. The next valid time is %(next)s.")
    words = {"time": f"{local:%H:%M}", "zone": zone, "next": f"{next_valid:%Y-%m-%d %H:%M}"}
    return TimeRefused("publish_at", "time_in_gap", text % words, next_valid)


def _end_of_gap(local: datetime, info: ZoneInfo) -> datetime:
    """Return the time that clocks show once they have jumped over ``local`` (PEP 495: fold 1 lies before the jump)."""
    before = local.replace(tzinfo=info, fold=1).astimezone(UTC)
    after = local.replace(tzinfo=info, fold=0).astimezone(UTC)
    new_offset = after.astimezone(info).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        jumped = middle.astimezone(info).utcoffset() == new_offset
        before, after = (before, middle) if jumped else (middle, after)
    return after.astimezone(info).replace(tzinfo=None, fold=0)


def _out_of_range() -> TimeRefused:
    return TimeRefused("publish_at", "time_too_far", _("Choose a time within the next two years."))
