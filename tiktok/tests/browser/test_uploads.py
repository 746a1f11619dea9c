"""Uploads that meet a proxy, a changed file, another tab or a twin end well, or say what is the matter."""

import hashlib
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from instances.models import Instance
from instances.scoping import instance_scope
from instances.tests.factories import PASSWORD
from tiktok.models import Media
from tiktok.tests.browser import acts
from tiktok.tests.browser.proxy import Proxy, proxy_for
from tiktok.tests.browser.test_find_accounts import lost, problems_of
from tiktok.tests.browser.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)
MEDIA: Final = "/i/aurora/media/"
MEGABYTE: Final = 1_000_000
UPLOADS: Final = "**/media/uploads/**"
HTML: Final = "<html><body><h1>Refused</h1></body></html>"


@pytest.fixture
def proxy(live_server: LiveServer) -> Iterator[Proxy]:
    with proxy_for(live_server.url) as proxy:
        yield proxy


def make_file(path: Path, size: int = 3 * MEGABYTE) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(os.urandom(size))
    return path


def item(page: Page, name: str) -> Locator:
    """The line of a file that is uploaded."""
    return page.locator("[data-upload-queue] .upload-item").filter(has_text=name)


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("article").filter(has_text=name)


def stored(instance: Instance) -> list[str]:
    """Return the sorted hashes of the uploaded files."""
    with instance_scope(instance):
        return sorted(hashlib.sha256(media.file.read_bytes()).hexdigest() for media in Media.objects.all())


def sums(*files: Path) -> list[str]:
    return sorted(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)


class Held:
    """Requests of one method that get no answer until the test gives them one."""

    def __init__(self, page: Page, method: str = "PATCH", *, passing: int = 0) -> None:
        self.page, self.method, self.passing = page, method, passing
        self.routes: list[Route] = []
        page.route(UPLOADS, self._take)

    def _take(self, route: Route) -> None:
        if route.request.method != self.method:
            route.continue_()
        elif self.passing:
            self.passing -= 1
            route.continue_()
        else:
            self.routes.append(route)

    def wait(self) -> Route:
        """The first one, once it is there."""
        while not self.routes:
            self.page.evaluate("0")  # lets Playwright hand over what has come
        return self.routes[0]

    def end(self) -> None:
        """Hold no more requests; those that are held stay so."""
        self.passing = sys.maxsize


def test_proxy_with_a_small_limit_gets_small_pieces(
    editor_at: Visitor, instance: Instance, proxy: Proxy, tmp_path: Path
) -> None:
    proxy.body_limit = MEGABYTE
    first, second = make_file(tmp_path / "first.mp4"), make_file(tmp_path / "second.mp4")
    editor_at.forgive(413)
    page = editor_at.page
    page.goto(f"{proxy.url}{MEDIA}")

    acts.upload(page, first)
    expect(card(page, "first.mp4")).to_be_visible()
    refused = len(proxy.refused)
    acts.upload(page, second)
    expect(card(page, "second.mp4")).to_be_visible()

    assert refused > 0
    assert len(proxy.refused) == refused  # the size that works is remembered
    assert stored(instance) == sums(first, second)


def test_proxy_that_refuses_every_piece_is_named(editor_at: Visitor, proxy: Proxy, tmp_path: Path) -> None:
    proxy.body_limit = 100_000
    editor_at.forgive(413)
    page = editor_at.page
    page.goto(f"{proxy.url}{MEDIA}")

    acts.upload(page, make_file(tmp_path / "clip.mp4"))
    line = item(page, "clip.mp4")
    expect(line).to_contain_text("A server in front of Clipdesk refuses even pieces of 524 kB (status 413).")
    expect(line).to_contain_text("Ask your administrator to raise its limit for request bodies")
    assert problems_of(page, "upload-too-large") == {}
    proxy.body_limit = MEGABYTE
    line.get_by_role("button", name="Try again").click()

    expect(card(page, "clip.mp4")).to_be_visible()


def test_upload_survives_a_proxy_that_is_down_for_a_moment(
    editor_at: Visitor, instance: Instance, proxy: Proxy, tmp_path: Path
) -> None:
    proxy.down = 2
    editor_at.forgive(502)
    clip = make_file(tmp_path / "clip.mp4")
    page = editor_at.page
    page.goto(f"{proxy.url}{MEDIA}")

    acts.upload(page, clip)

    expect(card(page, "clip.mp4")).to_be_visible()
    assert proxy.refused == [502, 502]
    assert stored(instance) == sums(clip)


def test_proxy_that_stays_down_is_not_called_unreachable(editor_at: Visitor, proxy: Proxy, tmp_path: Path) -> None:
    proxy.down = 1_000
    editor_at.forgive(502)
    page = editor_at.page
    page.clock.install()
    page.goto(f"{proxy.url}{MEDIA}")
    line = item(page, "clip.mp4")
    said = line.get_by_text("Clipdesk is not available right now (status 502).")

    acts.upload(page, make_file(tmp_path / "clip.mp4"))
    expect(line).to_contain_text("The server is not ready yet. The upload will continue automatically.")
    while not said.is_visible():
        page.clock.run_for(5_000)

    expect(said).to_be_visible()
    expect(line.get_by_role("button", name="Try again")).to_be_visible()


def test_refused_head_does_not_begin_the_upload_again(
    editor_at: Visitor, instance: Instance, proxy: Proxy, tmp_path: Path
) -> None:
    clip = make_file(tmp_path / "clip.mp4")
    editor_at.forgive(502)
    page = editor_at.page
    page.goto(f"{proxy.url}{MEDIA}")
    begun: list[str] = []
    page.on("request", lambda asked: begun.append(asked.url) if asked.url.endswith("/media/uploads/") else None)
    proxy.down = 1
    heads = Held(page, "HEAD")

    acts.upload(page, clip)
    heads.wait().fulfill(status=502, content_type="text/html", body=HTML)
    heads.end()

    expect(card(page, "clip.mp4")).to_be_visible()
    assert len(begun) == 1
    assert stored(instance) == sums(clip)


@pytest.mark.parametrize("fate", ["changed", "removed"])
def test_file_that_changes_under_way_is_named_and_the_next_begins(
    editor_at: Visitor, instance: Instance, tmp_path: Path, fate: str
) -> None:
    victim, other = make_file(tmp_path / "victim.mp4"), make_file(tmp_path / "other.mp4")
    page = editor_at.page
    page.goto(MEDIA)
    patches = Held(page)
    page.locator("input[type=file]").set_input_files([victim, other])
    patch = patches.wait()

    if fate == "removed":
        victim.unlink()
    else:
        make_file(victim)
        os.utime(victim, (1_000_000_000, 1_000_000_000))
    patches.end()
    lost(patch)

    expect(item(page, "victim.mp4")).to_contain_text("Your browser can’t read this file: it was changed, moved")
    expect(item(page, "victim.mp4").get_by_role("button", name="Try again")).to_be_hidden()
    expect(card(page, "other.mp4")).to_be_visible()
    assert stored(instance) == sums(other)
    forgive_lost_lines(editor_at)


def forgive_lost_lines(visitor: Visitor) -> None:
    """Chromium reports each request that got no answer."""
    said = re.compile(r"net::ERR_(CONNECTION_FAILED|UPLOAD_FILE_CHANGED|FILE_NOT_FOUND)")
    visitor.problems[:] = [problem for problem in visitor.problems if not said.search(problem)]


def sign_in(page: Page, address: str, person: User) -> None:
    page.goto(f"{address}/auth/login/")
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    acts.press(page, "Sign in")
    expect(page).to_have_url(re.compile(r"/i/aurora/$"))


def test_upload_continues_after_signing_in_again_in_another_tab(
    editor_at: Visitor, instance: Instance, editor: User, live_server: LiveServer, tmp_path: Path
) -> None:
    clip = make_file(tmp_path / "clip.mp4")
    page, other_tab = editor_at.page, editor_at.context.new_page()
    line = item(page, "clip.mp4")
    page.goto(MEDIA)
    patches = Held(page)
    acts.upload(page, clip)
    patch = patches.wait()

    editor_at.context.clear_cookies()
    patches.end()
    patch.continue_()
    expect(line).to_contain_text("You were signed out. Sign in again in another tab, then choose Try again")
    line.get_by_role("button", name="Try again").click()
    expect(line).to_contain_text("You were signed out.")
    sign_in(other_tab, live_server.url, editor)
    begun: list[str] = []
    page.on("request", lambda asked: begun.append(asked.url) if asked.url.endswith("/media/uploads/") else None)
    line.get_by_role("button", name="Try again").click()

    expect(card(page, "clip.mp4")).to_be_visible()
    assert begun == []  # it continued, and did not begin again
    assert stored(instance) == sums(clip)
    editor_at.forgive(401)


def test_upload_does_not_continue_as_another_person(
    editor_at: Visitor, instance: Instance, editor: User, admin: User, live_server: LiveServer, tmp_path: Path
) -> None:
    clip = make_file(tmp_path / "clip.mp4")
    page, other_tab = editor_at.page, editor_at.context.new_page()
    line = item(page, "clip.mp4")
    page.goto(MEDIA)
    patches = Held(page)
    acts.upload(page, clip)
    patch = patches.wait()

    editor_at.context.clear_cookies()
    sign_in(other_tab, live_server.url, admin)
    patches.end()
    patch.abort()
    expect(line).to_contain_text("This browser is now signed in to another account.")
    assert stored(instance) == []
    editor_at.context.clear_cookies()
    sign_in(other_tab, live_server.url, editor)
    line.get_by_role("button", name="Try again").click()

    expect(card(page, "clip.mp4")).to_be_visible()
    assert stored(instance) == sums(clip)
    editor_at.forgive(412)
    editor_at.problems[:] = [problem for problem in editor_at.problems if "net::ERR_FAILED" not in problem]


def twin_of(file: Path, at: int) -> Path:
    """Another file of the same name, size and time, in which one byte is different."""
    twin = file.parent.parent / "elsewhere" / file.name
    twin.parent.mkdir()
    shutil.copy2(file, twin)
    content = bytearray(twin.read_bytes())
    content[at] ^= 1
    twin.write_bytes(content)
    os.utime(twin, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    return twin


@pytest.mark.parametrize("at", [0, 1_500_000, -1], ids=["first", "middle", "last"])
def test_files_of_the_same_name_size_and_time_are_stored_separately(
    editor_at: Visitor, instance: Instance, tmp_path: Path, at: int
) -> None:
    one = make_file(tmp_path / "here" / "clip.mp4")
    two = twin_of(one, at)
    page = editor_at.page
    page.goto(MEDIA)

    page.locator("input[type=file]").set_input_files([one, two])

    expect(card(page, "clip.mp4")).to_have_count(2)
    assert stored(instance) == sums(one, two)


def test_file_is_not_spliced_onto_the_half_of_its_twin(
    editor_at: Visitor, instance: Instance, proxy: Proxy, tmp_path: Path
) -> None:
    one = make_file(tmp_path / "here" / "clip.mp4")
    two = twin_of(one, 0)
    proxy.body_limit = MEGABYTE
    editor_at.forgive(413)
    page = editor_at.page
    page.goto(f"{proxy.url}{MEDIA}")
    patches = Held(page, passing=4)  # three sizes that are refused, and one piece
    acts.upload(page, one)
    patches.wait()
    page.get_by_role("button", name="Pause").click()
    patches.end()
    page.reload()
    expect(page.get_by_role("list", name="Unfinished uploads")).to_contain_text("clip.mp4")

    acts.upload(page, two)

    expect(card(page, "clip.mp4")).to_be_visible()
    assert stored(instance) == sums(two)


def test_same_file_chosen_twice_is_uploaded_once(editor_at: Visitor, instance: Instance, tmp_path: Path) -> None:
    clip = make_file(tmp_path / "clip.mp4")
    page = editor_at.page
    page.goto(MEDIA)
    patches = Held(page)

    acts.upload(page, clip)
    patch = patches.wait()
    acts.upload(page, clip)
    expect(page.locator("[data-upload-announce]")).to_have_text("clip.mp4 is already in the list.")
    expect(item(page, "clip.mp4")).to_have_count(1)
    patches.end()
    patch.continue_()

    expect(card(page, "clip.mp4")).to_be_visible()
    assert stored(instance) == sums(clip)


@pytest.mark.parametrize(
    ("method", "answer", "said"),
    [
        ("PATCH", {"status": 507, "content_type": "text/plain", "body": "full"}, "The server’s disk is full."),
        ("PATCH", {"status": 404, "content_type": "text/html", "body": HTML}, "was discarded or has expired"),
        (
            "PATCH",
            {"status": 403, "content_type": "text/html", "body": HTML},
            "did not accept this upload (status 403)",
        ),
        (
            "PATCH",
            {"status": 200, "content_type": "text/html", "body": HTML},
            "did not accept this upload (status 200)",
        ),
        ("POST", {"status": 409, "json": {"code": "quota", "message": "500 GB are used."}}, "500 GB are used."),
        ("POST", {"status": 401}, "You were signed out."),
    ],
)
def test_answer_of_the_server_is_never_called_no_answer(
    editor_at: Visitor, instance: Instance, tmp_path: Path, method: str, answer: dict[str, Any], said: str
) -> None:
    page = editor_at.page
    page.goto(MEDIA)
    asked = Held(page, method)

    acts.upload(page, make_file(tmp_path / "clip.mp4"))
    asked.wait().fulfill(**answer)

    expect(item(page, "clip.mp4")).to_contain_text(said)
    expect(item(page, "clip.mp4").get_by_role("button", name="Try again")).to_be_visible()
    editor_at.tolerate(answer["status"])


def test_being_signed_out_before_the_last_step_is_said(editor_at: Visitor, instance: Instance, tmp_path: Path) -> None:
    page = editor_at.page
    page.goto(MEDIA)
    finish = Held(page, "POST", passing=1)

    acts.upload(page, make_file(tmp_path / "clip.mp4"))
    last = finish.wait()
    editor_at.context.clear_cookies()
    finish.end()
    last.continue_()

    expect(item(page, "clip.mp4")).to_contain_text("You were signed out.")
    editor_at.forgive(401)
