"""The page of one account in good and in bad times. With PICTURES=folder it is also photographed in every look."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from instances.models import Instance
from instances.roles import Role
from instances.scoping import instance_scope
from instances.services.members import set_role
from instances.tests.factories import InstanceFactory
from tiktok.access import quota, throttle
from tiktok.access.status import need_reconnect, note_scopes
from tiktok.api.limits import Endpoint
from tiktok.models import TikTokAccount
from tiktok.tests.browser import acts
from tiktok.tests.browser.acts import Desk, press
from tiktok.tests.browser.conftest import Arrive
from tiktok.tests.browser.stack import Stack
from tiktok.tests.browser.test_decisions import troubles
from tiktok.tests.browser.visitor import Visitor
from tiktok.tests.factories import SCOPES, CredentialFactory, TikTokAppFactory, make_account, make_post


@pytest.fixture
def account(instance: Instance, other_instance: Instance, editor: User) -> TikTokAccount:
    """Much happens to it: fewer scopes, a cap, other places; the editor is an admin here."""
    set_role(instance, member=editor, role=Role.ADMIN)
    app = TikTokAppFactory.create(environment="sandbox", is_audited=False)
    now = timezone.now()
    credential = CredentialFactory.create(
        app=app, scopes=SCOPES[:3] + SCOPES[4:5], next_refresh_at=now + timedelta(hours=1)
    )
    sister = InstanceFactory.create(tenant=instance.tenant, name="Aurora Catering", slug="catering")
    set_role(sister, member=editor, role=Role.EDITOR)
    for place in (sister, other_instance):
        with instance_scope(place):
            make_account(place, credential=credential, name=f"Ours in {place.name}")
    with instance_scope(instance):
        account = make_account(
            instance, name="Bakery on the corner", credential=credential, username="noravale", follower_count=184_300,
            profile_deep_link="https://www.tiktok.com/@noravale", synced_at=now - timedelta(hours=3), linked_by=editor,
        )  # fmt: skip
        for number, state in enumerate(["published", "published", "scheduled", "failed", "waiting_account"]):
            publish_at = now + timedelta(days=1) if state == "scheduled" else None
            make_post(account, caption=f"Loaf number {number} #sourdough", state=state, publish_at=publish_at)
        quota.record_hold(
            TikTokAccount.objects.select_related("credential__app").get().credential, "spam_risk_too_many_posts"
        )
    note_scopes(credential.pk, before=SCOPES, after=credential.scopes)
    for _ in range(6):
        throttle.take_slot(credential.pk, Endpoint.VIDEO_INIT)
    throttle.gate(credential.pk, Endpoint.USER_INFO, seconds=600)
    return account


@pytest.mark.django_db(transaction=True)
def test_an_account_in_good_and_in_bad_times(account: TikTokAccount, editor_at: Visitor) -> None:
    page = editor_at.page
    page.goto(reverse("tiktok:account", args=["aurora", account.pk]))
    expect(page.get_by_role("button", name="Reconnect account")).to_be_visible()

    page.get_by_role("link", name="Rename Bakery on the corner").click()
    page.get_by_label("Name in Clipdesk").fill("The bakery")
    press(page, "Save")
    expect(page.get_by_role("heading", level=1, name="The bakery")).to_be_visible()

    assert need_reconnect(account.credential_id, seen_version=0, reason="user_disconnected")
    page.reload()
    expect(page.get_by_role("main").get_by_text("This account needs to be reconnected")).to_be_visible()
    assert troubles(page, "account-reconnect") == {}

    page.get_by_role("link", name="Disconnect account").click()
    expect(page.get_by_text("so the authorization stays")).to_be_visible()
    press(page, "Disconnect account")
    expect(page.get_by_role("main").get_by_text("Disconnecting…").first).to_be_visible()
    with instance_scope(account.instance):
        TikTokAccount.objects.update(status="disconnected", disconnected_at=timezone.now())
    expect(page.get_by_role("button", name="Reconnect account")).to_be_visible()


def test_what_was_left_off_is_granted_from_the_page_without_reloading_it(
    arrive: Arrive, stack: Stack, desk: Desk
) -> None:
    stack.tiktok.create_user("grants.some", display_name="Grants some")
    page = arrive(storage_state=desk.storage_state).page
    popup = acts.begin_to_connect(page, desk.slug)
    popup.get_by_role("checkbox", name="video.publish").uncheck()
    acts.consent(popup, "grants.some")
    expect(acts.card(page, "grants.some")).to_be_visible()
    popup.close()

    page.goto(acts.account_address(page, desk.slug, "grants.some"))
    main = page.get_by_role("main")
    expect(main.get_by_text("Can’t publish", exact=True)).to_be_visible()
    with page.expect_popup() as opening:
        press(page, "Reconnect account")
    acts.consent(opening.value, "grants.some")

    expect(main.get_by_text("Active", exact=True)).to_be_visible()
    expect(main.get_by_text("Not granted")).to_have_count(0)
    expect(page.locator("#toasts")).to_contain_text("Account reconnected")
