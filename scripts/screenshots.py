#!/usr/bin/env python3
"""Pictures of every page, named page-width-theme.png, from a product that was furnished by its own pages.

make screenshots [FOLDER=screenshots]
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tiktok.tests.browser.gallery import PUBLIC, Gallery, clips, furnish, looks
from tiktok.tests.browser.stack import Stack
from tiktok.tests.browser.visitor import chromium, visit


def picture(browser: Browser, gallery: Gallery, name: str, folder: Path) -> None:
    """All looks of one page, each as high as the page."""
    session = {} if name in PUBLIC else {"storage_state": gallery.storage_state}
    visitor = visit(browser, gallery.stack.url, **session)
    gallery.ways()[name](visitor.page)
    visitor.page.evaluate("scrollTo(0, 0)")
    visitor.page.wait_for_load_state("networkidle")
    for look in looks(visitor.page):
        visitor.page.screenshot(path=folder / f"{name}-{look}.png", full_page=True)
    visitor.context.close()


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    stack = Stack().start()
    try:
        with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
            browser = chromium(playwright)
            gallery = furnish(stack, browser, clips(Path(scratch)))
            for name in gallery.ways():
                picture(browser, gallery, name, folder)
                sys.stdout.write(f"{name}\n")
    finally:
        stack.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots"))
