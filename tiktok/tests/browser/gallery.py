"""A lived-in product: every page with something on it, to be looked at and to be checked."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from django.utils.text import slugify
from playwright.sync_api import Browser, Page, expect

from tiktok.media.sample import Shape, make_sample, sunset, write_video
from tiktok.tests.browser import acts
from tiktok.tests.browser.stack import Stack
from tiktok.tests.browser.visitor import DESKTOP, PHONE, visit

RATES: Final = ("b", "minrate", "maxrate", "bufsize")
FILLED: Final = "nal-hrd=cbr"  # fills up to the bitrate, so that a calm picture weighs as much as a film
ALWAYS: Final = -1
PUBLIC: Final = {"landing", "login", "sign-up", "invitation", "connect-link", "privacy"}
OVERFLOW: Final = "() => document.scrollingElement.scrollWidth - window.innerWidth"
LOOKS: Final = ((DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "dark"), (PHONE, "light"))
ACCOUNTS: Final = ("maren.bakes", "northline.studio", "tomas.outdoors")
PUBLISHED: Final = (
    ("northline.studio", "Concrete, glass and one very stubborn tree #architecture"),
    ("maren.bakes", "Day three of the rye starter. It has opinions #sourdough #bakery"),
)


@dataclass
class Gallery:
    """Addresses by page name; ``storage_state`` signs the owner in."""

    stack: Stack
    slug: str
    storage_state: Any
    addresses: dict[str, str] = field(default_factory=dict)

    def ways(self) -> Mapping[str, Callable[[Page], object]]:
        """How to open each page, by the name of its picture."""
        plain = {name: partial(_go, address=address) for name, address in self.addresses.items()}
        return plain | {
            "two-factor": acts.open_two_factor,
            "popup-result": self._popup_result,
            "composer": self._composer,
        }

    def _popup_result(self, page: Page) -> None:
        page.add_init_script("window.open = () => null")
        page.goto(f"/i/{self.slug}/accounts/")
        acts.press(page, "Connect TikTok")
        acts.consent(page, ACCOUNTS[0])
        expect(page.get_by_role("link", name="Back to Accounts")).to_be_visible()

    def _composer(self, page: Page) -> None:
        page.goto(f"/i/{self.slug}/posts/new/")
        page.get_by_role("listitem").filter(has_text="@maren.bakes").locator(".choice-link").click()
        page.get_by_role("radio", name="morning-loaf").check()
        page.get_by_label("Caption").fill("Morning loaf, afternoon crumb #bread @northline.studio")
        page.get_by_label("Disclose promotional content").check()


def _go(page: Page, address: str) -> object:
    return page.goto(address)


def looks(page: Page, turn: int | None = None) -> Iterator[str]:
    """Show the page as it is in both widths and both themes; the name of each.

    ``turn``: many pages of one template may take turns, one look each; with DEEP or PICTURES each has them all.
    """
    takes_all = os.environ.get("DEEP") or os.environ.get("PICTURES")
    for (width, height), theme in LOOKS if turn is None or takes_all else [LOOKS[turn % len(LOOKS)]]:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
        page.evaluate("Promise.allSettled(document.getAnimations().map((animation) => animation.finished))")
        yield f"{width}-{theme}"


def pictured(page: Page, name: str) -> list[str]:
    """Report how far the page is wider than its window; save a screenshot if PICTURES names a folder."""
    if folder := os.environ.get("PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True, caret="initial")
    wider: int = page.evaluate(OVERFLOW)
    return [f"{wider} px wider than the window"] if wider > 0 else []


def clips(folder: Path) -> list[Path]:
    """Three short clips and, last, a minute's worth of bytes for a post that is seen while it uploads."""
    names = ("Morning loaf", "Rye starter", "Stubborn tree")
    made = [make_sample(folder / f"{slugify(name)}.mp4", look=look, title=name) for look, name in enumerate(names)]
    shape = Shape(options=(("preset", "ultrafast"), *((rate, "24000000") for rate in RATES), ("x264-params", FILLED)))
    paint = sunset(shape, look=3, title="Harbour at dawn")
    write_video(folder / "harbour-at-dawn.mp4", (paint(at / shape.fps) for at in range(shape.fps)), shape, repeat=30)
    return [*made, folder / "harbour-at-dawn.mp4"]


def furnish(stack: Stack, browser: Browser, videos: list[Path]) -> Gallery:
    """Three accounts, posts in many states, two invitations; made by the pages themselves."""
    page = visit(browser, stack.url).page
    slug = acts.sign_up(page, acts.Person("Maren Ost", "maren@example.com", "Aurora Bakery"))
    gallery = Gallery(stack, slug, None, fixed_addresses(slug))
    for username in ACCOUNTS:
        acts.connect(page, slug, username)
    gallery.addresses["account"] = acts.account_address(page, slug, ACCOUNTS[0])
    page.goto(f"/i/{slug}/media/")
    for video in videos:
        acts.upload(page, video)
        expect(page.get_by_role("heading", name=video.name)).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Checking…")).to_have_count(0, timeout=acts.CHECK_MS)
    gallery.addresses |= write_posts(stack, page, slug, videos)
    acts.invite(page, slug, "ines@example.com")
    gallery.addresses["invitation"] = acts.invite(page, slug, "tomas@example.com")
    acts.make_connect_link(page, slug, "The bakery around the corner")
    gallery.addresses["connect-link"] = acts.make_connect_link(
        page, slug, "Tomas Outdoors", note="Please use the shop's TikTok login, not your own."
    )
    gallery.storage_state = page.context.storage_state()
    page.context.close()
    return gallery


def fixed_addresses(slug: str) -> dict[str, str]:
    instance = {
        "dashboard": "",
        "posts": "posts/",
        "media": "media/",
        "accounts": "accounts/",
        "connect-links": "accounts/connect-links/",
        "members": "settings/members/",
        "general": "settings/general/",
        "notifications": "settings/notifications/",
        "bell": "notifications/",
        "advanced": "settings/advanced/",
        "audit": "settings/audit/",
        "404": "nothing/",
    }
    return {name: f"/i/{slug}/{rest}" for name, rest in instance.items()} | {
        "landing": "/",
        "login": "/auth/login/",
        "sign-up": "/auth/signup/",
        "privacy": "/privacy/",
        "sessions": "/auth/sessions/",
        "instances": "/instances/",
        "profile": "/auth/profile/",
    }


def write_posts(stack: Stack, page: Page, slug: str, videos: list[Path]) -> dict[str, str]:
    """The addresses of the posts worth a picture."""
    addresses: dict[str, str] = {}
    for (username, caption), video in zip(PUBLISHED, videos, strict=False):
        acts.compose(page, slug, video, caption=caption, username=username)
        addresses["post-published"] = acts.send(page)
        expect(page.get_by_role("link", name="Open on TikTok")).to_be_visible(timeout=40_000)

    acts.compose(page, slug, videos[0], caption="For the market on Saturday #bread", username=ACCOUNTS[0])
    page.get_by_label("Later").check()
    page.get_by_label("Date and time").fill("2027-03-06T07:30")
    addresses["post-scheduled"] = acts.send(page, "Schedule")

    acts.compose(page, slug, videos[2], caption="Not sure about this one yet", username=ACCOUNTS[1])
    acts.send(page, "Save draft")

    stack.tiktok.fault("fail_reason", user="tomas-outdoors", reason="frame_rate_check_failed")
    acts.compose(page, slug, videos[2], caption="Tide table for October #coast", username=ACCOUNTS[2])
    addresses["post-failed"] = acts.send(page)
    expect(acts.state(page, "Failed")).to_be_visible(timeout=40_000)

    stack.tiktok.fault("slow", "upload", times=ALWAYS, user="maren-bakes", bytes_per_s=400_000)
    acts.compose(page, slug, videos[3], caption="Harbour at dawn, flour at five #bakery", username=ACCOUNTS[0])
    addresses["post-uploading"] = acts.send(page)
    expect(page.get_by_role("progressbar", name="Uploaded")).to_be_visible(timeout=30_000)
    return addresses
