"""One product and one Chromium for all browser tests; people, accounts and videos are made per test."""

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tiktok.tests.browser.acts import Desk, set_up
from tiktok.tests.browser.stack import Stack
from tiktok.tests.browser.visitor import Visitor, chromium, visit
from tiktok.tests.simulator_process import ROOT
from tiktok.tests.videos import make_large_video, make_video

Arrive = Callable[..., Visitor]
FAILED: Final = pytest.StashKey[bool]()
SCREENSHOTS: Final = ROOT / "screenshots"


@pytest.fixture(scope="session", autouse=True)
def loop_is_not_ours() -> Iterator[None]:
    """Playwright runs an event loop in this thread; the database is used between its calls, never inside."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    stack = Stack().start()
    yield stack
    faults = stack.faults()
    stack.stop()
    assert faults == []


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        yield browser
        browser.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture
def arrive(stack: Stack, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Arrive]:
    """Open windows, one per person; fail if a page reported an error, and keep screenshots of a failed test."""
    visitors: list[Visitor] = []

    def open_window(**options: Any) -> Visitor:
        visitors.append(visit(browser, stack.url, **options))
        return visitors[-1]

    yield open_window
    if request.node.stash.get(FAILED, False):
        for number, visitor in enumerate(visitors):
            leave_picture(visitor, SCREENSHOTS / f"failed-{request.node.name}-{number}")
    assert [problem for visitor in visitors for problem in visitor.close()] == []


@pytest.fixture(scope="session")
def large_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """30 s, 1080×1920, H.264, over 70 MB: several chunks on the way to TikTok."""
    return make_large_video(tmp_path_factory.mktemp("videos") / "aurora-loaf.mp4")


@pytest.fixture(scope="session")
def short_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five seconds of a sunset, one chunk."""
    return make_video(tmp_path_factory.mktemp("videos") / "sunset.mp4", seconds=5)


def leave_picture(visitor: Visitor, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    for number, page in enumerate(visitor.context.pages):
        page.screenshot(path=f"{path}-{number}.png", full_page=True)


@pytest.fixture
def desk(stack: Stack, short_video: Path) -> Desk:
    """Return a team at work that no other test uses, for a test that begins in the middle."""
    return set_up(stack.url, stack.tiktok, short_video)


@pytest.fixture
def editor_at(browser: Browser, live_server: LiveServer, editor: User) -> Iterator[Visitor]:
    """The editor, signed in."""
    client = Client()
    client.force_login(editor)
    visitor = visit(browser, live_server.url)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    visitor.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    yield visitor
    assert visitor.close() == []
