"""time.js says what the server says, whenever the page is looked at; a new instance starts in the browser's zone."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import pytest
from django.template import Context, Template
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from accounts.models import TenantMembership, TenantRole, User
from core.tests.unit.web.time_cases import BERLIN, CASES, utc
from tiktok.tests.browser.visitor import Visitor
from tiktok.tests.simulator_process import ROOT

SCRIPT: Final = ROOT / "static" / "js" / "time.js"
NOW: Final = utc("2026-11-29T12:00")


@pytest.fixture
def window(browser: Browser) -> Iterator[Page]:
    """A browser in a zone that no instance has."""
    context = browser.new_context(timezone_id="Pacific/Auckland")
    yield context.new_page()
    context.close()


def shown(page: Page, html: str, now: datetime) -> list[str]:
    """Return the texts of the times in ``html`` once the script has run at ``now``."""
    page.clock.set_fixed_time(now)
    words = Template("{% load ui %}{% time_words %}").render(Context())
    page.set_content(f"<head>{words}</head><body>{html}</body>")
    page.add_script_tag(path=SCRIPT)
    return page.locator("time").all_inner_texts()


def rendered(moment: datetime, style: str) -> str:
    return Template("{% load ui %}{% time moment style %}").render(Context({"moment": moment, "style": style}))


def test_script_agrees_with_the_server_in_every_case(window: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    said = []
    for zone, now, moment, _text in CASES:
        monkeypatch.setattr(timezone, "now", lambda now=now: now - timedelta(days=1))  # rendered the day before
        with timezone.override(zone):
            said += shown(window, rendered(moment, "day"), now)

    assert said == [text for _zone, _now, _moment, text in CASES]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (59 * 60, "Today 13:59"), (58 * 60 + 1, "in 59 min"), (61, "in 2 min"), (60, "in 1 min"), (1, "in 1 min"),
        (0, "Just now"), (-59, "Just now"), (-60, "1 min ago"), (-59 * 60 + 1, "58 min ago"),
        (-59 * 60, "Today 12:01"),
    ],
)  # fmt: skip
def test_minutes_are_said_within_the_hour_only(
    window: Page, monkeypatch: pytest.MonkeyPatch, seconds: int, text: str
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    with timezone.override(BERLIN):
        html = rendered(NOW + timedelta(seconds=seconds), "relative")

    assert shown(window, html, NOW) == [text]


def test_open_page_says_today_once_the_day_has_come(window: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    window.clock.install(time=NOW)
    with timezone.override(BERLIN):
        html = rendered(NOW + timedelta(days=1), "relative")
    words = Template("{% load ui %}{% time_words %}").render(Context())
    window.set_content(f"<head>{words}</head><body>{html}</body>")
    window.add_script_tag(path=SCRIPT)
    expect(window.locator("time")).to_have_text("Tomorrow 13:00")

    window.clock.run_for(timedelta(hours=11).seconds * 1000 + 16_000)  # 23:00 UTC is midnight in Berlin

    expect(window.locator("time")).to_have_text("Today 13:00")


@pytest.mark.django_db(transaction=True)
def test_new_instance_starts_in_the_zone_of_the_browser(editor_at: Visitor, editor: User) -> None:
    TenantMembership.objects.filter(user=editor).update(role=TenantRole.OWNER)
    page = editor_at.page
    page.goto("/instances/new/")
    field = page.get_by_label("Time zone")
    expect(field).to_have_value("Europe/Berlin")

    field.focus()
    page.keyboard.type("Reykj")

    expect(field).to_have_value("Atlantic/Reykjavik")
