"""No token, secret or upload address of TikTok reaches the browser: not a page, not what it keeps."""

import json
from typing import Any

from playwright.sync_api import Page, expect

from tiktok.tests.browser import acts
from tiktok.tests.browser.acts import Desk
from tiktok.tests.browser.conftest import Arrive
from tiktok.tests.browser.stack import Stack
from tiktok.tests.canaries import Canaries, secrets_of_tiktok

PAGES = ("", "posts/", "posts/new/", "media/", "accounts/", "settings/advanced/")
SESSION_STORAGE = "() => JSON.stringify(Object.entries(sessionStorage))"


def test_no_secret_of_tiktok_reaches_the_browser(arrive: Arrive, stack: Stack, desk: Desk) -> None:
    stack.tiktok.create_user("keeps.secrets")
    page = arrive(storage_state=desk.storage_state).page

    acts.connect(page, desk.slug, "keeps.secrets")
    acts.compose(page, desk.slug, desk.video, caption="Nothing to hide", username="keeps.secrets")
    post = acts.send(page, "Publish")
    expect(page.get_by_role("link", name="Open on TikTok")).to_be_visible(timeout=60_000)

    secrets = Canaries(*secrets_of_tiktok(stack.world))
    assert len(secrets) >= 5  # the app's secret, two tokens, a code, an upload address
    assert secrets.find_canary(kept_by_the_browser(page)) == []
    addresses = [post, f"{post}live/", *(f"{stack.url}/i/{desk.slug}/{name}" for name in PAGES)]
    assert [address for address in addresses if secrets.find_canary(source_of(page, address))] == []


def kept_by_the_browser(page: Page) -> str:
    """Cookies, local storage, IndexedDB and session storage."""
    kept: Any = page.context.storage_state(indexed_db=True)
    return json.dumps(kept) + str(page.evaluate(SESSION_STORAGE))


def source_of(page: Page, address: str) -> str:
    """Headers and body as the signed-in browser gets them."""
    answer = page.context.request.get(address)
    expect(answer).to_be_ok()
    return json.dumps(answer.headers) + answer.text()
