"""A person in a separate browser window; every error that the page reports is kept."""

import os
import shutil
from dataclasses import dataclass, field
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, WebError, expect

#: Chromium on its own, offline but for the pages under test.
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
)
DESKTOP: Final = (1440, 900)
PHONE: Final = (390, 844)
VIOLATIONS: Final = """document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP violation: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`))"""
ANSWER: Final = "Failed to load resource: the server responded with a status of"

expect.set_options(timeout=15_000)


def chromium(playwright: Playwright) -> Browser:
    """The system's Chromium, or the one that CHROMIUM names."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "Chromium is missing. On Debian or Ubuntu: sudo apt-get install chromium"
    return playwright.chromium.launch(executable_path=path, args=FLAGS)


@dataclass
class Visitor:
    """``page`` is their window; ``problems`` are console errors, uncaught errors and CSP violations of all of them."""

    context: BrowserContext
    page: Page
    problems: list[str] = field(default_factory=list)
    _expected: list[tuple[int, bool]] = field(default_factory=list)

    def forgive(self, status: int) -> None:
        """Expect that this answer is complained about: an error page is one whose status is an error."""
        self._expected.append((status, True))

    def tolerate(self, status: int) -> None:
        """Accept this answer where it depends on timing; the browser reports each, even one that is tried again."""
        self._expected.append((status, False))

    def close(self) -> list[str]:
        """Shut the window; what was complained about, or was not in spite of ``forgive``."""
        self.context.close()
        left, missing = self.problems, []
        for status, must_come in self._expected:
            rest = [problem for problem in left if f"{ANSWER} {status}" not in problem]
            missing += [f"no answer {status}"] if must_come and len(rest) == len(left) else []
            left = rest
        return left + missing


def visit(browser: Browser, url: str, *, size: tuple[int, int] = DESKTOP, **options: Any) -> Visitor:
    """A new person who has never been here. ``options`` are those of a browser context."""
    width, height = size
    context = browser.new_context(
        base_url=url,
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="Europe/Berlin",
        **options,
    )
    context.set_default_timeout(15_000)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor = Visitor(context, context.new_page())
    if options.get("java_script_enabled", True):
        context.add_init_script(VIOLATIONS)
    context.on("console", lambda message: _note_message(visitor, message))
    context.on("weberror", lambda error: _note_error(visitor, error))
    return visitor


def _note_message(visitor: Visitor, message: ConsoleMessage) -> None:
    if message.type in ("error", "warning"):
        visitor.problems.append(f"{message.location.get('url', '')}: {message.text}")


def _note_error(visitor: Visitor, error: WebError) -> None:
    visitor.problems.append(f"uncaught: {error.error}")
