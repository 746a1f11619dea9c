#!/usr/bin/env python3
"""Take pictures of every page, named page-width-theme.png, of a product that was set up through its own pages.

make screenshots [FOLDER=screenshots]; with --landing instead of a folder, the landing page's pictures in static/img/.
"""

import io
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tiktok.tests.browser.gallery import PUBLIC, Gallery, clips, furnish, looks
from tiktok.tests.browser.stack import Stack
from tiktok.tests.browser.visitor import chromium, visit

LANDING_IMAGES: Final = Path(__file__).resolve().parent.parent / "static" / "img" / "landing"
LANDING_PAGES: Final = {"home": "dashboard", "post": "post-failed", "accounts": "accounts"}
LANDING_WINDOW: Final = (1200, 780)
WEBP_QUALITY: Final = 82


def picture(browser: Browser, gallery: Gallery, name: str, folder: Path) -> None:
    """Take all looks of one page, each as high as the page."""
    session = {} if name in PUBLIC else {"storage_state": gallery.storage_state}
    visitor = visit(browser, gallery.stack.url, **session)
    gallery.ways()[name](visitor.page)
    visitor.page.evaluate("scrollTo(0, 0)")
    visitor.page.wait_for_load_state("networkidle")
    for look in looks(visitor.page):
        visitor.page.screenshot(path=folder / f"{name}-{look}.png", full_page=True)
    visitor.context.close()


def landing_picture(browser: Browser, gallery: Gallery, image: str, name: str) -> None:
    """Take one page in both themes, as much as a window shows, as WebP."""
    visitor = visit(browser, gallery.stack.url, size=LANDING_WINDOW, storage_state=gallery.storage_state)
    gallery.ways()[name](visitor.page)
    visitor.page.wait_for_load_state("networkidle")
    for theme in ("light", "dark"):
        visitor.page.evaluate("(theme) => { document.documentElement.dataset.bsTheme = theme; }", theme)
        visitor.page.evaluate("() => document.querySelector('.simulated')?.remove()")
        shot = visitor.page.screenshot()
        Image.open(io.BytesIO(shot)).convert("RGB").save(LANDING_IMAGES / f"{image}-{theme}.webp", quality=WEBP_QUALITY)
    visitor.context.close()


@contextmanager
def furnished() -> Iterator[tuple[Browser, Gallery]]:
    """Run the product with something on every page, and a browser."""
    stack = Stack().start()
    try:
        with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
            browser = chromium(playwright)
            yield browser, furnish(stack, browser, clips(Path(scratch)))
    finally:
        stack.stop()


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with furnished() as (browser, gallery):
        for name in gallery.ways():
            picture(browser, gallery, name, folder)
            sys.stdout.write(f"{name}\n")


def landing() -> None:
    LANDING_IMAGES.mkdir(exist_ok=True)
    with furnished() as (browser, gallery):
        for image, name in LANDING_PAGES.items():
            landing_picture(browser, gallery, image, name)


if __name__ == "__main__":
    if sys.argv[1:] == ["--landing"]:
        landing()
    else:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots"))
