"""Act on the pages as people do, by what they see: labels, buttons, links."""

import re
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Locator, Page, expect

from tiktok.tests.browser.newcomer import Newcomer
from tiktok.tests.browser.totp import totp
from tiktok.tests.simulator_process import Simulator

PASSWORD: Final = "correct-horse-battery"
POST_PAGE: Final = re.compile(r"/posts/[0-9a-f-]{36}/$")
CHECK_MS: Final = 60_000  # until a worker has examined a video, on a machine that is busy
_numbers = count(1)


@dataclass(frozen=True)
class Person:
    """A person with a login; ``team`` is the name of their first instance."""

    name: str
    email: str
    team: str


def somebody(name: str = "Maren Ost", team: str = "Aurora Bakery") -> Person:
    """Return a person who has no login yet."""
    number = next(_numbers)
    return Person(name, f"person{number}@example.com", f"{team} {number}")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def sign_up(page: Page, person: Person) -> str:
    """Make an account; the slug of the instance where they land."""
    page.goto("/")
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("Your name").fill(person.name)
    page.get_by_label("Your team or brand").fill(person.team)
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Create account")
    expect(page).to_have_url(re.compile(r"/i/[\w-]+/$"))
    return page.url.split("/")[-2]


def sign_in(page: Page, person: Person) -> None:
    page.goto("/auth/login/")
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Sign in")


def sign_out(page: Page, person: Person) -> None:
    page.get_by_text(person.name).last.click()
    press(page, "Sign out")


def open_two_factor(page: Page) -> None:
    """The page with the QR code; it asks for the password first."""
    page.goto("/auth/2fa/totp/activate/")
    if "reauthenticate" in page.url:
        page.get_by_label("Password").fill(PASSWORD)
        press(page, "Confirm")
    expect(page.get_by_label("Authenticator key")).to_be_visible()


def enable_two_factor(page: Page) -> tuple[str, str]:
    """Add an authenticator app; its secret, and the code that is used up now."""
    open_two_factor(page)
    secret = page.get_by_label("Authenticator key").input_value()
    code = totp(secret)
    page.get_by_label("Authenticator code").fill(code)
    press(page, "Turn on")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    return secret, code


def invite(page: Page, slug: str, email: str) -> str:
    """Invite a person as an editor and return the copied link."""
    page.goto(f"/i/{slug}/settings/members/")
    page.get_by_label("Email address").fill(email)
    page.get_by_role("radio", name=re.compile("^Editor")).check()
    press(page, "Create invitation link")
    press(page, "Copy")
    copied: str = page.evaluate("navigator.clipboard.readText()")
    return copied


def begin_to_connect(page: Page, slug: str) -> Page:
    """Press the button; TikTok's consent page in its small window."""
    page.goto(f"/i/{slug}/accounts/")
    with page.expect_popup() as opening:
        press(page, "Connect TikTok")
    popup = opening.value
    expect(popup.get_by_role("heading", name="asks for access")).to_be_visible()
    return popup


def consent(page: Page, username: str, decision: str = "Allow") -> None:
    """Choose who signs in at TikTok, and Allow or Cancel."""
    page.locator("label").filter(has_text=f"@{username},").get_by_role("radio").check()
    press(page, decision)


def connect(page: Page, slug: str, username: str) -> None:
    """Link an account; returns when the list shows it."""
    popup = begin_to_connect(page, slug)
    consent(popup, username)
    expect(page.locator("#toasts")).to_contain_text("Account connected")
    expect(card(page, username)).to_be_visible()
    popup.close()


def make_connect_link(page: Page, slug: str, name: str, *, note: str = "") -> str:
    """Make one by the page and copy it."""
    page.goto(f"/i/{slug}/accounts/connect-links/")
    page.get_by_label("Names").fill(name)
    page.get_by_label("Note").fill(note)
    press(page, "Create connect links")
    press(page, "Copy")
    copied: str = page.evaluate("navigator.clipboard.readText()")
    return copied


def account_address(page: Page, slug: str, username: str) -> str:
    """The page of an account, from its card."""
    mark = card(page, username).get_attribute("id") or ""
    return f"/i/{slug}/accounts/{mark.removeprefix('account-')}/"


def card(page: Page, username: str) -> Locator:
    return page.locator("[data-account]").filter(has_text=f"@{username}")


def upload(page: Page, video: Path) -> None:
    """Choose a file on a page with an upload area."""
    page.locator("input[type=file]").set_input_files(video)


def choose_video(page: Page, video: Path) -> Locator:
    """The radio button of an uploaded video in the composer, once it is there."""
    choice = page.get_by_role("radio", name=re.compile(re.escape(video.name)))
    expect(choice).to_be_visible()
    return choice


def state(page: Page, word: str) -> Locator:
    """The post page's own state."""
    return page.locator("#state-heading").get_by_text(word)


def privacy(page: Page) -> Locator:
    """The composer's choice of who can see the post."""
    return page.get_by_role("combobox", name=re.compile("^Audience"))


def compose(page: Page, slug: str, video: Path, *, caption: str, username: str = "") -> None:
    """Open the composer and fill it in for everyone; ``username`` where there may be several accounts."""
    page.goto(f"/i/{slug}/posts/new/")
    if username:
        page.get_by_role("listitem").filter(has_text=f"@{username}").locator(".choice-link").click()
        expect(page.get_by_text(f"(@{username}) on TikTok")).to_be_visible()
    choose_video(page, video).check()
    page.get_by_label("Caption").fill(caption)
    privacy(page).select_option(label="Everyone")


def send(page: Page, button: str = "Publish") -> str:
    """Press the composer's button; the address of the post's page."""
    press(page, button)
    expect(page).to_have_url(POST_PAGE)
    return page.url


@dataclass(frozen=True)
class Desk:
    """A team at work: a signed-in owner (``storage_state``), one connected account, one uploaded video."""

    owner: Person
    slug: str
    username: str
    video: Path
    storage_state: Any


def set_up(url: str, tiktok: Simulator, video: Path) -> Desk:
    """Set up a team as its owner would, with a TikTok user that no other team connects."""
    owner = somebody()
    username = f"aurora.bakes.{next(_numbers)}"
    user = tiktok.create_user(username, display_name="Aurora Bakes")
    newcomer = Newcomer(url)
    slug = newcomer.sign_up(name=owner.name, team=owner.team, email=owner.email, password=PASSWORD)
    newcomer.link_account(slug, user)
    newcomer.upload(slug, video)
    return Desk(owner, slug, username, video, newcomer.storage_state())
