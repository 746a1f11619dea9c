"""From sandbox to production: other keys, a restart, the same TikTok user, and four waiting posts.

With PICTURES=folder the question is also photographed, wide and narrow, light and dark.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tiktok.tests.browser import acts
from tiktok.tests.browser.axe import findings
from tiktok.tests.browser.gallery import looks, pictured
from tiktok.tests.browser.stack import Stack
from tiktok.tests.browser.visitor import visit
from tiktok.tests.jobs_process import wait_until
from tiktok.tests.simulator_process import CLIENT_KEY

NEW_KEY: Final = "production-key"
NEW_SECRET: Final = "production-secret"
CALLBACK: Final = "http://127.0.0.1:*/auth/tiktok/login/callback/"
ASKED: Final = "Aurora Bakes is already connected through “TikTok (sandbox)”"
OUT_WITHIN_S: Final = 180  # four uploads one after the other, on a machine that is busy


@pytest.fixture
def sandbox() -> Iterator[Stack]:
    """A product of its own, whose keys are a sandbox's."""
    stack = Stack(TIKTOK_SANDBOX_MODE="true").start()
    yield stack
    faults = stack.faults()
    stack.stop()
    assert faults == []


def published_on(page: Page, slug: str) -> int:
    """How many of the posts the list shows as published."""
    page.goto(f"/i/{slug}/posts/?state=published")
    return page.get_by_role("link", name=re.compile(r"Class \d")).count()


def problems(page: Page, name: str) -> dict[str, list[str]]:
    """Return what axe finds and any sideways scrolling, by look."""
    found = {look: [*findings(page), *pictured(page, f"{name}-{look}")] for look in looks(page)}
    return {look: lines for look, lines in found.items() if lines}


@pytest.mark.timeout(500)
def test_waiting_posts_go_from_sandbox_to_production_and_out_once(
    sandbox: Stack, browser: Browser, short_video: Path
) -> None:
    tiktok = sandbox.tiktok
    desk = acts.set_up(sandbox.url, tiktok, short_video)
    visitor = visit(browser, sandbox.url, storage_state=desk.storage_state)
    page = visitor.page
    tiktok.fault("rate_limit", "video_init", client_key=CLIENT_KEY, times=-1)
    for number in range(4):
        acts.compose(page, desk.slug, short_video, caption=f"Class {number}")
        if number:  # the same file once more
            acts.press(page, "Publish")
            page.get_by_label("Post this file to this account again").check()
        acts.send(page)

    tiktok.create_app(NEW_KEY, client_secret=NEW_SECRET, redirect_uris=[CALLBACK])
    page.goto("about:blank")  # a post's page keeps polling and reports errors while the server is down
    sandbox.restart(TIKTOK_CLIENT_KEY=NEW_KEY, TIKTOK_CLIENT_SECRET=NEW_SECRET, TIKTOK_SANDBOX_MODE="false")
    page.goto(f"/i/{desk.slug}/accounts/")
    chooser = page.get_by_label("TikTok app")
    assert chooser.locator("option").all_text_contents() == ["TikTok", "TikTok (sandbox)"]
    popup = acts.begin_to_connect(page, desk.slug)
    acts.consent(popup, desk.username)
    expect(popup.get_by_role("heading", name=ASKED)).to_be_visible()
    assert problems(popup, "popup-question") == {}
    popup.close()  # without an answer

    question = page.get_by_role("region", name=ASKED)
    expect(question).to_contain_text("Move its name, labels, history and 4 waiting posts to the new connection?")
    page.goto(f"/i/{desk.slug}/accounts/")
    assert problems(page, "accounts-question") == {}
    question.get_by_role("button", name="Move to the new connection").click()

    expect(page.locator("#toasts")).to_contain_text("now publishes through “TikTok”; 4 waiting posts moved with it.")
    expect(question).to_have_count(0)
    expect(acts.card(page, desk.username)).to_have_count(1)
    wait_until(
        lambda: [post.status for post in tiktok.posts()].count("PUBLISH_COMPLETE") == 4,
        what="four published posts", timeout_s=OUT_WITHIN_S,
    )  # fmt: skip
    sent = [(post.client_key, post.post_info["title"]) for post in tiktok.posts()]
    assert sorted(sent) == [(NEW_KEY, f"Class {number}") for number in range(4)]
    wait_until(lambda: published_on(page, desk.slug) == 4, what="four posts shown as published", timeout_s=OUT_WITHIN_S)
    assert visitor.close() == []
