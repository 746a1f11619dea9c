"""The page of a stuck or failed post, for every code: what happened, what Clipdesk does, what to do.

The pages take turns in width and theme. With DEEP=1 or PICTURES=folder each is shown wide and narrow, light and dark;
with PICTURES it is also photographed.
"""

from typing import Final

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.api.errors import FAIL_CLASSES, RULES
from tiktok.models import AttentionReason, Media, Post
from tiktok.posts.wording.codes import explain_post, tiktok_code_of
from tiktok.tests.browser.axe import findings
from tiktok.tests.browser.gallery import looks, pictured
from tiktok.tests.browser.scenes import CASES, Scene
from tiktok.tests.browser.visitor import Visitor
from tiktok.tests.factories import make_media
from tiktok.tests.fixtures_posts import MB, Submit, Worker, reread
from tiktok.tests.simulator_process import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
# Said in the words of another code, or never said about a post.
COVERED_ELSEWHERE: Final = {
    "invalid_param", "scope_permission_missed", "server_error", "temporarily_unavailable", "invalid_grant",
    "access_denied", "invalid_scope", "unauthorized_client", "unsupported_grant_type", "unsupported_response_type",
    "invalid_publish_id", "token_not_authorized_for_specified_publish_id",
    "unaudited_client_can_only_post_to_private_accounts",
}  # fmt: skip


@pytest.fixture
def video(instance: Instance) -> Media:
    """Two chunks."""
    with instance_scope(instance):
        return make_media(instance, content=bytes(range(256)) * (11 * MB // 256), original_name="morning-loaf.mp4")


@pytest.fixture
def scene(instance: Instance, submit: Submit, worker: Worker, tiktok: Simulator, video: Media) -> Scene:
    return Scene(instance, submit, worker, tiktok, video)


@pytest.mark.parametrize("name", CASES)
def test_the_page_says_what_happened_what_clipdesk_does_and_what_to_do(
    scene: Scene, editor_at: Visitor, name: str
) -> None:
    post = reread(CASES[name](scene), scene.instance)
    page = editor_at.page
    page.goto(reverse("tiktok:post-detail", args=[scene.instance.slug, post.pk]))
    check_words(page, post)
    check_details(page, post)
    turn = list(CASES).index(name)
    found = {look: [*findings(page), *pictured(page, f"{name}-{look}")] for look in looks(page, turn)}
    assert {look: problems for look, problems in found.items() if problems} == {}


def test_no_code_is_left_out() -> None:
    assert {*RULES, *FAIL_CLASSES, *AttentionReason.values} <= {*CASES, *COVERED_ELSEWHERE}


def check_words(page: Page, post: Post) -> None:
    """Three sentences, and beside them the way to what the third one asks for."""
    words = explain_post(post)
    assert words is not None
    told = page.locator(".told p")
    expect(told).to_have_text([words.what, words.does, words.can])
    if words.act:
        expect(page.get_by_role("link", name="Open account")).to_be_visible()
    if words.can.startswith("Edit"):
        expect(page.get_by_role("link", name="Edit")).to_be_visible()
    if "Edit and repost" in words.can:
        expect(page.get_by_role("button", name="Edit and repost")).to_be_visible()


def check_details(page: Page, post: Post) -> None:
    """TikTok's code and log_id lie in the fold; the log_id can be copied."""
    code = tiktok_code_of(post)
    fold = page.locator("details.fold")
    expect(fold).to_have_count(1 if code else 0)
    if not code:
        return
    fold.locator("summary").click()
    expect(fold.get_by_text(code, exact=True)).to_be_visible()
    if post.log_id:
        expect(fold.get_by_text(post.log_id, exact=True)).to_be_visible()
        for button, copied in ((0, code), (1, post.log_id)):
            fold.get_by_role("button").nth(button).click()
            assert page.evaluate("navigator.clipboard.readText()") == copied


def test_the_details_stay_open_while_the_page_looks_for_news(scene: Scene, editor_at: Visitor) -> None:
    post = reread(CASES["asking-internal_error"](scene), scene.instance)
    page = editor_at.page
    page.goto(reverse("tiktok:post-detail", args=[scene.instance.slug, post.pk]))
    page.locator("details.fold summary").click()
    with page.expect_response("**/live/"):
        pass
    with page.expect_response("**/live/"):
        pass
    expect(page.locator("details.fold")).to_have_attribute("open", "")
