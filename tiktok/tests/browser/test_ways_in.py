"""Each way to an account, typed key by key: pages that cannot be filled in by hand fail here."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import LimitEntry, Tenant, TenantMembership, TenantRole, User
from core.models import OutgoingMail
from instances.access import role_of
from instances.models import Instance, Invitation
from instances.roles import Role
from instances.services import accept_invitation, invite_member
from instances.services.first_owner import first_owner_link
from instances.tests.factories import PASSWORD, UserFactory
from instances.tests.sign_in import sign_in_as_staff
from tiktok.tests.browser import acts
from tiktok.tests.browser.axe import findings
from tiktok.tests.browser.gallery import looks, pictured
from tiktok.tests.browser.visitor import Visitor, visit

NEWCOMER: Final = "newcomer@example.com"
INSTANCE: Final = re.compile(r"/i/[\w-]+/$")


@pytest.fixture
def windows(browser: Browser, live_server: LiveServer, settings: Settings) -> Iterator[Callable[[], Visitor]]:
    """Open windows on a product that is empty until the test puts something there; no page may complain."""
    settings.BASE_URL = live_server.url
    visitors: list[Visitor] = []

    def open_window() -> Visitor:
        visitors.append(visit(browser, live_server.url))
        return visitors[-1]

    yield open_window
    assert [problem for visitor in visitors for problem in visitor.close()] == []


@pytest.fixture
def page(windows: Callable[[], Visitor]) -> Page:
    return windows().page


@pytest.fixture
def with_mail(settings: Settings) -> None:
    """Configure an email server; emails stay in the table instead of being sent."""
    settings.EMAIL_URL = "smtp://localhost"
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


def write(page: Page, label: str, text: str) -> None:
    """Type into a field as a person does."""
    box = page.get_by_label(label)
    box.click()
    box.press_sequentially(text)
    expect(box).to_have_value(text)


def good_to_look_at(page: Page, name: str) -> None:
    found = {look: [*findings(page), *pictured(page, f"{name}-{look}")] for look in looks(page)}
    assert {look: problems for look, problems in found.items() if problems} == {}


def mailed_link(pattern: str) -> str:
    found = re.search(pattern, OutgoingMail.objects.latest("created_at").text)
    assert found
    return found[0]


def test_first_owner_types_address_name_and_password(page: Page) -> None:
    page.goto(first_owner_link() or "")
    expect(page.get_by_role("heading", name="Create the first account")).to_be_visible()
    good_to_look_at(page, "first-owner-link")
    page.get_by_role("link", name="Create an account").click()
    good_to_look_at(page, "first-owner-sign-up")
    write(page, "Your name", "Maren Ost")
    write(page, "Email", "maren@example.com")
    write(page, "Password", PASSWORD)
    acts.press(page, "Create account")

    expect(page).to_have_url(INSTANCE)
    maren = User.objects.get()
    assert (maren.email, maren.name, maren.is_staff) == ("maren@example.com", "Maren Ost", True)
    assert TenantMembership.objects.get(user=maren).role == TenantRole.OWNER
    assert Instance.objects.get().time_zone == "Europe/Berlin"  # the browser's


def test_first_owner_corrects_a_mistyped_address(page: Page) -> None:
    page.goto(first_owner_link() or "")
    page.get_by_role("link", name="Create an account").click()
    write(page, "Email", "maren")
    write(page, "Password", PASSWORD)
    acts.press(page, "Create account")
    expect(page.get_by_label("Email")).to_have_attribute("aria-invalid", "true")
    write(page, "Password", PASSWORD)
    page.get_by_label("Email").click()
    page.keyboard.press("End")
    page.keyboard.type("@example.com")
    acts.press(page, "Create account")

    expect(page).to_have_url(INSTANCE)
    assert User.objects.get().email == "maren@example.com"


def test_invited_person_without_an_account_signs_up(page: Page, instance: Instance, owner: User) -> None:
    page.goto(invite_member(instance, actor=owner, email=NEWCOMER, role=Role.EDITOR).link)
    good_to_look_at(page, "invitation-welcome")
    page.get_by_role("link", name="Create an account").click()
    expect(page.get_by_label("Email")).to_have_value(NEWCOMER)
    good_to_look_at(page, "invitation-sign-up")
    write(page, "Your name", "Tomas Vale")
    write(page, "Password", PASSWORD)
    acts.press(page, "Create account")

    expect(page).to_have_url(re.compile("/i/aurora/$"))
    assert role_of(User.objects.get(email=NEWCOMER), instance) == Role.EDITOR


def test_invited_person_with_an_account_signs_in_and_accepts(page: Page, instance: Instance, owner: User) -> None:
    newcomer = UserFactory.create(email=NEWCOMER)
    page.goto(invite_member(instance, actor=owner, email=NEWCOMER, role=Role.EDITOR).link)
    page.locator("main a[href*='/auth/login/']").click()
    write(page, "Email", NEWCOMER)
    write(page, "Password", PASSWORD)
    acts.press(page, "Sign in")
    good_to_look_at(page, "invitation-accept")
    acts.press(page, "Accept invitation")

    expect(page).to_have_url(re.compile("/i/aurora/$"))
    assert role_of(newcomer, instance) == Role.EDITOR


@pytest.mark.usefixtures("with_mail")
def test_invited_person_comes_by_the_mailed_link(page: Page, instance: Instance, owner: User) -> None:
    invite_member(instance, actor=owner, email=NEWCOMER, role=Role.VIEWER)
    page.goto(mailed_link(r"http://\S+/invite/\S+"))
    page.get_by_role("link", name="Create an account").click()
    write(page, "Password", PASSWORD)
    acts.press(page, "Create account")

    expect(page).to_have_url(re.compile("/i/aurora/$"))


def _sign_up_openly(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Create an account").click()
    good_to_look_at(page, "open-sign-up")
    write(page, "Your name", "Anna Ek")
    write(page, "Your team or brand", "Nordwind")
    write(page, "Email", NEWCOMER)
    write(page, "Password", PASSWORD)
    acts.press(page, "Create account")


def test_open_sign_up_without_mail_ends_in_the_instance(page: Page, settings: Settings) -> None:
    settings.SIGNUP = "open"
    _sign_up_openly(page)

    expect(page).to_have_url(re.compile("/i/nordwind/$"))
    assert not User.objects.get().is_staff


@pytest.mark.usefixtures("with_mail")
def test_open_sign_up_with_mail_confirms_the_address_first(page: Page, settings: Settings) -> None:
    settings.SIGNUP = "open"
    _sign_up_openly(page)
    expect(page).to_have_url(re.compile("/auth/confirm-email/$"))
    good_to_look_at(page, "confirm-email-sent")
    page.goto(mailed_link(r"/auth/confirm-email/\S+"))
    good_to_look_at(page, "confirm-email")
    acts.press(page, "Confirm address")

    expect(page).to_have_url(re.compile("/i/nordwind/$"))


@pytest.mark.usefixtures("with_mail")
def test_confirmation_is_sent_again_by_its_button(page: Page, settings: Settings) -> None:
    settings.SIGNUP = "open"
    _sign_up_openly(page)
    expect(page.get_by_text("You can send it again in 3 minutes.")).to_be_visible()
    LimitEntry.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    acts.press(page, "Resend email")
    expect(page.get_by_text("Email sent.")).to_be_visible()
    good_to_look_at(page, "confirm-email-sent-again")
    acts.press(page, "Resend email")
    expect(page.get_by_role("status").get_by_text("You can send it again in 3 minutes.").first).to_be_visible()

    assert OutgoingMail.objects.count() == 2


@pytest.mark.usefixtures("with_mail")
def test_forgotten_password_is_reset_and_signs_in_without_a_confirmation(
    page: Page, instance: Instance, editor: User
) -> None:
    page.goto("/auth/login/")
    page.get_by_role("link", name="Forgot your password?").click()
    write(page, "Email", editor.email)
    acts.press(page, "Send link")
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    page.goto(mailed_link(r"/auth/password/reset/key/\S+"))
    page.get_by_label("New password", exact=True).press_sequentially("another horse battery")
    page.get_by_label("New password again").press_sequentially("another horse battery")
    acts.press(page, "Change password")
    page.locator("main").get_by_role("link", name="Sign in").click()
    write(page, "Email", editor.email)
    write(page, "Password", "another horse battery")
    acts.press(page, "Sign in")

    expect(page).to_have_url(re.compile("/i/aurora/$"))


def test_pages_of_a_closed_and_empty_product(page: Page, settings: Settings) -> None:
    settings.SIGNUP = "closed"
    for name, path in {"landing": "/", "sign-in": "/auth/login/", "sign-up": "/auth/signup/"}.items():
        page.goto(path)
        expect(page.locator("main")).to_contain_text("manage.py create_owner")
        good_to_look_at(page, f"empty-{name}")
    UserFactory.create(email="first@example.com")
    for name, path in {"landing": "/", "sign-in": "/auth/login/", "sign-up": "/auth/signup/"}.items():
        page.goto(path)
        expect(page.locator("main")).to_contain_text("New accounts are created by your administrator.")
        good_to_look_at(page, f"closed-{name}")


def test_owner_of_a_closed_product_sees_whom_an_invitation_helps(
    windows: Callable[[], Visitor], settings: Settings, owner: User
) -> None:
    settings.SIGNUP = "closed"
    visitor = windows()
    visitor.forgive(403)
    visitor.forgive(410)
    page = visitor.page
    page.goto("/auth/login/?next=/i/aurora/settings/members/")
    write(page, "Email", owner.email)
    write(page, "Password", "a wrong one")
    acts.press(page, "Sign in")
    expect(page.get_by_text("The email address or the password is wrong.").first).to_be_visible()
    good_to_look_at(page, "wrong-password")
    write(page, "Password", PASSWORD)
    acts.press(page, "Sign in")
    expect(page.get_by_text("An invitation works only for people who already have")).to_be_visible()
    good_to_look_at(page, "closed-members")
    write(page, "Email address", NEWCOMER)
    acts.press(page, "Create invitation link")
    link = page.get_by_role("textbox", name="Link").input_value()
    for name, path in {"sessions": "/auth/sessions/", "email": "/auth/email/", "no-admin": "/admin/"}.items():
        page.goto(path)
        good_to_look_at(page, name)
    page.goto("/auth/2fa/totp/activate/")
    write(page, "Password", PASSWORD)
    acts.press(page, "Confirm")
    acts.press(page, "Copy")
    expect(page.get_by_text("Copied")).to_be_visible()
    good_to_look_at(page, "authenticator")
    page.context.clear_cookies()
    page.goto(link)
    good_to_look_at(page, "closed-invitation")
    accept_invitation(Invitation.objects.get(), user=UserFactory.create(email=NEWCOMER))
    page.goto(link)
    good_to_look_at(page, "used-invitation")


def test_staff_add_a_customer_whose_owner_signs_up(windows: Callable[[], Visitor], live_server: LiveServer) -> None:
    client, staff_at = Client(), windows()
    sign_in_as_staff(client, UserFactory.create(email="ops@example.com"))
    name = django_settings.SESSION_COOKIE_NAME
    staff_at.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    staff = staff_at.page
    staff.goto("/admin/accounts/tenant/")
    staff.get_by_role("link", name="Add tenant").first.click()
    write(staff, "Name:", "Borealis Ltd")
    write(staff, "Address of the first instance:", "borealis")
    write(staff, "Owner’s email address:", NEWCOMER)
    staff.get_by_role("button", name="Save", exact=True).click()
    link = staff.get_by_label("Owner’s link").input_value()

    page = windows().page
    page.goto(link)
    page.get_by_role("link", name="Create an account").click()
    write(page, "Your name", "Bo Real")
    write(page, "Password", PASSWORD)
    acts.press(page, "Create account")

    expect(page).to_have_url(re.compile("/i/borealis/$"))
    owner = User.objects.get(email=NEWCOMER)
    assert (owner.is_staff, Tenant.objects.count(), Invitation.objects.get().accepted_by) == (False, 1, owner)
