"""Times in words, by calendar days."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from core.templatetags import ui
from core.tests.unit.web.time_cases import BERLIN, CASES, utc
from core.web import times

NOW = utc("2026-11-29T12:00")
SOON = utc("2026-11-30T17:00")


@pytest.fixture(autouse=True)
def berlin_at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.mark.parametrize(("zone", "now", "moment", "text"), CASES)
def test_text_counts_calendar_days_in_the_active_zone(
    zone: ZoneInfo, now: datetime, moment: datetime, text: str
) -> None:
    with timezone.override(zone):
        assert times.day_text(moment, now) == text


def test_time_is_right_without_script() -> None:
    with timezone.override(BERLIN):
        assert ">Tomorrow 18:00<" in ui.time(SOON)


def test_title_names_zone_offset_and_utc() -> None:
    with timezone.override(BERLIN):
        html = ui.time(SOON)

    assert 'datetime="2026-11-30T18:00:00+01:00"' in html
    assert 'title="30 November 2026 18:00:00 Europe/Berlin (UTC+01:00) · 17:00 UTC"' in html


def test_title_names_the_date_in_utc_when_it_is_another_day() -> None:
    with timezone.override(BERLIN):
        title = times.full_text(timezone.localtime(utc("2026-11-29T23:30")))

    assert title == "30 November 2026 00:30:00 Europe/Berlin (UTC+01:00) · Sun 29 Nov 2026, 23:30 UTC"


def test_title_names_utc_once_in_utc() -> None:
    with timezone.override(UTC):
        assert 'title="30 November 2026 17:00:00 UTC (UTC+00:00)"' in ui.time(SOON)


@pytest.mark.parametrize(("style", "text"), [("full", "Mon 30 Nov, 18:00"), ("clock", "18:00")])
def test_full_and_clock_never_change_by_script(style: str, text: str) -> None:
    with timezone.override(BERLIN):
        html = ui.time(SOON, style)

    assert f">{text}<" in html
    assert "data-when" not in html


@pytest.mark.parametrize(("moment", "is_live"), [(SOON, True), (NOW, True), (utc("2026-11-27T11:59"), False)])
def test_script_gets_no_data_for_times_long_past(moment: datetime, is_live: bool) -> None:
    assert ("data-when" in ui.time(moment)) is is_live


@pytest.mark.parametrize("style", ["relative", "full", "clock"])
def test_remembered_time_differs_by_zone_and_language(style: str) -> None:
    first_half_past_two = utc("2026-10-25T00:30")
    second = utc("2026-10-25T01:30")

    with timezone.override(BERLIN):
        shown = [ui.time(first_half_past_two, style), ui.time(second, style)]
        with translation.override("de"):
            shown.append(ui.time(second, style))
    with timezone.override(ZoneInfo("Africa/Lagos")):  # the same offset, another name
        shown.append(ui.time(second, style))

    assert len({str(html) for html in shown}) == len(shown)
    assert "UTC+02:00" in shown[0]
    assert "UTC+01:00" in shown[1]
    assert "25. Oktober" in shown[2]
    assert "Africa/Lagos" in shown[3]


def test_remembered_time_follows_the_calendar(monkeypatch: pytest.MonkeyPatch) -> None:
    with timezone.override(BERLIN):
        before = ui.time(SOON)
        monkeypatch.setattr(timezone, "now", lambda: SOON)
        after = ui.time(SOON)

    assert ">Tomorrow 18:00<" in before
    assert ">Today 18:00<" in after
