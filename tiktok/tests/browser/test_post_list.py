"""The list of posts in a browser: search, tabs and row menus by keyboard, and a live part that interrupts no one.

With PICTURES=folder each page is also photographed, wide and narrow, light and dark.
"""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import Post, PostState, TikTokAccount
from tiktok.tests.browser.axe import findings
from tiktok.tests.browser.gallery import looks, pictured
from tiktok.tests.browser.visitor import Visitor
from tiktok.tests.factories import make_account, make_post

pytestmark = pytest.mark.django_db(transaction=True)
S = PostState
PART = "**/posts/part/**"
COLUMNS = "(table) => [...table.querySelectorAll('th')].map((cell) => Math.round(cell.getBoundingClientRect().left))"


@pytest.fixture
def account(instance: Instance) -> TikTokAccount:
    with instance_scope(instance):
        make_account(instance, name="Bakery", labels=["Food"])
        return make_account(instance, name="Harbour Yoga", username="harbour.yoga", labels=["VIP"])


@pytest.fixture
def page(editor_at: Visitor, account: TikTokAccount) -> Page:
    return editor_at.page


def add(account: TikTokAccount, caption: str, state: PostState, **fields: object) -> Post:
    with instance_scope(account.instance):
        return make_post(account, caption=caption, state=state, **fields)  # type: ignore[arg-type]


def publish(post: Post) -> None:
    """TikTok has published it."""
    with instance_scope(post.account.instance):
        Post.objects.filter(pk=post.pk).update(
            state=S.PUBLISHED, published_at=timezone.now(), updated_at=timezone.now()
        )


def tab(page: Page, name: str) -> Locator:
    return page.get_by_role("link", name=re.compile(rf"^{name} \d+$"))


def troubles(page: Page, name: str) -> dict[str, list[str]]:
    """Return what axe finds and what is too wide, by look."""
    found = {look: [*findings(page), *pictured(page, f"{name}-{look}")] for look in looks(page)}
    return {look: problems for look, problems in found.items() if problems}


def test_search_and_tabs_swap_the_list_and_keep_the_focus(page: Page, account: TikTokAccount) -> None:
    add(account, "Sunrise swim", S.DRAFT)
    add(account, "Bread at six", S.PUBLISHED)
    page.goto("/i/aurora/posts/")
    search = page.get_by_role("searchbox", name="Search posts")
    search.press_sequentially("sunr")
    expect(page.get_by_role("link", name="Bread at six")).to_have_count(0)
    expect(search).to_be_focused()
    expect(page).to_have_url(re.compile(r"/posts/\?q=sunr$"))
    tab(page, "Drafts").press("Enter")
    expect(page).to_have_url(re.compile(r"/posts/\?state=draft&q=sunr$"))
    expect(tab(page, "Drafts")).to_be_focused()
    assert troubles(page, "post-list") == {}
    page.go_back()
    expect(tab(page, "All")).to_have_attribute("aria-current", "page")
    expect(search).to_have_value("sunr")


def test_row_menu_works_by_keyboard_and_asks_before_it_cancels(page: Page, account: TikTokAccount) -> None:
    post = add(account, "Sunrise swim", S.SCHEDULED, publish_at=timezone.now() + timedelta(days=3))
    page.goto("/i/aurora/posts/?state=scheduled")
    menu = page.get_by_label("Actions for “Sunrise swim”")
    menu.press("Enter")
    for name in ("Edit post", "Publish now", "Reschedule", "Duplicate"):
        expect(page.get_by_role("link", name=name)).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    menu.press("Enter")
    page.get_by_role("button", name="Cancel post").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Cancel post").press("Enter")
    expect(page.get_by_text("Post cancelled.")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/posts/\?state=scheduled$"))
    with instance_scope(account.instance):
        post.refresh_from_db()
    assert post.state == S.CANCELLED


def test_list_follows_a_moving_post_but_not_under_an_open_menu(page: Page, account: TikTokAccount) -> None:
    moving, other = add(account, "Harbour at dawn", S.PROCESSING), add(account, "Bread at six", S.UPLOADING)
    page.goto("/i/aurora/posts/")
    rows = page.get_by_role("row")
    menu = page.get_by_label("Actions for “Bread at six”")
    menu.focus()
    with page.expect_response(PART):
        publish(moving)
    expect(rows.filter(has_text="Harbour at dawn")).to_contain_text("Published")
    expect(menu).to_be_focused()

    menu.press("Enter")
    expect(page.get_by_role("button", name="Cancel post")).to_be_visible()
    publish(other)
    page.evaluate("htmx.trigger('#posts', 'every')")
    expect(page.get_by_role("button", name="Cancel post")).to_be_visible()
    page.keyboard.press("Escape")
    expect(rows.filter(has_text="Bread at six")).to_contain_text("Published")
    expect(page.locator("#posts")).not_to_have_attribute("hx-trigger", re.compile("."))


def test_home_shows_the_day_and_reconnects_in_one_step(page: Page, account: TikTokAccount) -> None:
    with instance_scope(account.instance):
        TikTokAccount.objects.filter(pk=account.pk).update(status="reconnect_needed")
    add(account, "Sunrise swim", S.PUBLISHED, published_at=timezone.now())
    add(account, "Low tide at noon, and the long way round the bay", S.SCHEDULED,
        publish_at=timezone.now() + timedelta(days=40))  # fmt: skip
    add(account, "Tide table", S.FAILED, fail_reason="frame_rate_check_failed")
    add(account, "Bread at six", S.WAITING_ACCOUNT, error_code="reconnect_needed", publish_at=timezone.now())
    page.goto("/i/aurora/")
    today = page.get_by_role("region", name="Today")
    expect(today.get_by_role("listitem").filter(has_text="Sunrise swim")).to_contain_text("Published")
    attention = page.get_by_role("region", name=re.compile("^Needs attention 3"))
    expect(attention.get_by_role("button", name="Reconnect account")).to_have_count(2)
    assert troubles(page, "home") == {}
    columns = [table.evaluate(COLUMNS) for table in page.locator(".posts-table").all()]
    assert len(columns) == 2
    assert columns[0] == columns[1]
    attention.get_by_role("button", name="Edit and repost").click()
    expect(page).to_have_url(re.compile(r"/posts/[0-9a-f-]{36}/edit/$"))
