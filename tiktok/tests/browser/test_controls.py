"""Buttons, fields, help texts, boxes to tick and icons look the same on every page."""

from typing import Final

import pytest
from playwright.sync_api import Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tiktok.models import Media, TikTokAccount
from tiktok.tests.browser.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)
STYLES: Final = """([selector, property]) => [...document.querySelectorAll(selector)]
  .filter((element) => element.checkVisibility()).map((element) => getComputedStyle(element)[property])"""
GAPS: Final = """() => [...document.querySelectorAll(".field-check + .field-check")]
  .map((box) => [box.previousElementSibling, box])
  .filter((pair) => pair.every((box) => box.checkVisibility()))
  .map((pair) => pair.map((box) => box.getBoundingClientRect()))
  .map(([upper, lower]) => Math.round(lower.top - upper.bottom))"""
STUCK: Final = """() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  const stuck = [];
  while (texts.nextNode()) {
    const text = texts.currentNode;
    const icon = text.previousSibling ?? text.parentElement.previousElementSibling;
    if (!text.data.trim() || icon?.nodeName !== "svg" || !icon.checkVisibility()) continue;
    range.setStart(text, text.data.search(/\\S/));
    range.setEnd(text, text.data.search(/\\S/) + 1);
    const [letter, mark] = [range.getBoundingClientRect(), icon.getBoundingClientRect()];
    const isOnOneLine = letter.width && letter.top < mark.bottom && mark.top < letter.bottom;
    const distance = letter.left - mark.right;
    if (isOnOneLine && distance > -1 && distance < 3) stuck.push(text.data.trim());
  }
  return stuck;
}"""
CONTROLS: Final = (
    ".btn, .form-control, .form-select, .field :is(input:not([type=checkbox], [type=radio]), select, textarea)"
)


@pytest.fixture
def page(editor_at: Visitor, linked: TikTokAccount, video: Media, live_server: LiveServer, settings: Settings) -> Page:
    settings.BASE_URL = live_server.url  # another host name would be sent there
    return editor_at.page


@pytest.fixture
def composer(page: Page, linked: TikTokAccount) -> Page:
    """The composer with all that it can show."""
    page.goto(f"/i/aurora/posts/new/?to={linked.pk}")
    page.get_by_label("Disclose promotional content").check()
    page.get_by_label("Later").check()
    return page


def test_controls_of_any_size_have_one_radius(composer: Page) -> None:
    radii = composer.evaluate(STYLES, [CONTROLS, "borderRadius"])

    assert len(radii) > 10
    assert composer.locator(".btn-sm:visible").count() > 0
    assert set(radii) == {"8px"}


def test_help_texts_have_one_size(composer: Page) -> None:
    sizes = composer.evaluate(STYLES, [".helptext, .field-missing", "fontSize"])

    assert len(sizes) > 5
    assert set(sizes) == {"13px"}


def test_boxes_to_tick_have_one_distance(composer: Page) -> None:
    gaps = composer.evaluate(GAPS)
    composer.goto("/i/aurora/settings/notifications/")
    gaps += composer.evaluate(GAPS)

    assert len(gaps) > 4
    assert set(gaps) == {8}


@pytest.mark.parametrize("path", ["", "posts/", "accounts/", "media/", "notifications/"])
def test_icon_keeps_its_distance_from_the_text(page: Page, path: str) -> None:
    page.goto(f"/i/aurora/{path}")

    assert page.locator("svg.icon:visible").count() > 5
    assert page.evaluate(STUCK) == []
