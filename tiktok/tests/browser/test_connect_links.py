"""A connect link from its creator's page to the client's browser and back into the creator's list."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tiktok.tests.browser import acts
from tiktok.tests.browser.acts import Desk
from tiktok.tests.browser.axe import findings
from tiktok.tests.browser.conftest import Arrive
from tiktok.tests.browser.gallery import looks, pictured
from tiktok.tests.browser.stack import Stack


def test_client_without_a_login_connects_to_the_link_creators_instance(
    arrive: Arrive, stack: Stack, desk: Desk
) -> None:
    stack.tiktok.create_user("client.one", display_name="Client One")
    maker = arrive(storage_state=desk.storage_state).page
    link = acts.make_connect_link(maker, desk.slug, "The client", note="Use the shop's login, please.")

    visitor = arrive()
    page = visitor.page
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Connect your TikTok account to Aurora Bakery")
    expect(page.get_by_text(f"{desk.owner.name} created this link for you")).to_be_visible()
    acts.press(page, "Continue to TikTok")
    acts.consent(page, "client.one", "Cancel")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was connected")
    page.get_by_role("link", name="Try again").click()
    acts.press(page, "Continue to TikTok")
    acts.consent(page, "client.one")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Connected to Aurora Bakery")
    expect(page.get_by_text("@client.one")).to_be_visible()
    found = {look: [*findings(page), *pictured(page, f"connect-link-end-{look}")] for look in looks(page)}
    assert {look: problems for look, problems in found.items() if problems} == {}
    page.goto(f"/i/{desk.slug}/")
    expect(page).to_have_url(re.compile("/auth/login/"))
    page.goto(link)
    expect(page.get_by_role("heading", name="This link has already been used")).to_be_visible()
    visitor.forgive(410)

    maker.goto(f"/i/{desk.slug}/accounts/")
    expect(acts.card(maker, "client.one")).to_contain_text("The client")
    maker.get_by_role("link", name="Connect links").click()
    expect(maker.get_by_role("row").filter(has_text="The client")).to_contain_text("Used")


def test_the_whole_way_works_without_scripts(arrive: Arrive, stack: Stack, desk: Desk) -> None:
    stack.tiktok.create_user("client.two", display_name="Client Two")
    maker = arrive(storage_state=desk.storage_state, java_script_enabled=False).page
    maker.goto(f"/i/{desk.slug}/accounts/connect-links/")
    maker.get_by_label("Names").fill("Plain client\nRevoked client")
    acts.press(maker, "Create connect links")
    lines = maker.get_by_label("All of them, one per line").input_value().splitlines()
    name, link = lines[0].split("\t")
    assert (name, len(lines)) == ("Plain client", 2)
    with maker.expect_download() as downloading:
        maker.get_by_role("link", name="Download as text").click()
    assert downloading.value.path().read_text().splitlines() == lines
    maker.get_by_role("row").filter(has_text="Revoked client").get_by_role("button", name="Revoke").click()
    expect(maker.get_by_role("row").filter(has_text="Revoked client")).to_contain_text("Revoked")

    visitor = arrive(java_script_enabled=False)
    visitor.page.goto(urlsplit(lines[1].split("\t")[1]).path)
    expect(visitor.page.get_by_role("heading", name="This link was revoked")).to_be_visible()
    visitor.page.goto(link)
    acts.press(visitor.page, "Continue to TikTok")
    acts.consent(visitor.page, "client.two")

    expect(visitor.page.get_by_text("@client.two")).to_be_visible()
    visitor.forgive(410)
