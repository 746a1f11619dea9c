"""The set-up guide and the health page in the back office."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from instances.tests.factories import UserFactory
from instances.tests.sign_in import give_second_factor, sign_in_again, sign_in_as_staff
from tiktok.models import TikTokApp, WebhookDelivery
from tiktok.tests.factories import CredentialFactory, TikTokAppFactory
from tiktok.tests.simulator_process import CLIENT_KEY, CLIENT_SECRET, Simulator

pytestmark = pytest.mark.django_db
CALLBACK = "http://127.0.0.1:8000/auth/tiktok/login/callback/"
NEW = "/admin/tiktok/tiktokapp/setup/"


@pytest.fixture
def staff(client: Client) -> Client:
    sign_in_as_staff(client, UserFactory.create())
    return client


@pytest.fixture
def app(tiktok: Simulator, settings: Settings) -> TikTokApp:
    settings.TIKTOK_API_BASE_URL, settings.TIKTOK_AUTHORIZE_URL = tiktok.base_url, tiktok.authorize_url
    settings.BASE_URL = "http://127.0.0.1:8000"
    return TikTokAppFactory.create(name="Ours", client_key=CLIENT_KEY, secret=CLIENT_SECRET, redirect_uri=CALLBACK)


def guide_of(app: TikTokApp) -> str:
    return reverse("admin:tiktok_tiktokapp_setup", args=[app.pk])


def badges(answer: object) -> dict[str, bool]:
    return {step.key: step.is_done for step in answer.context["steps"] if step.findings}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("base_url", "shown", "hidden"),
    [
        ("https://clip.example.com",
         ["the platform Web", "https://clip.example.com/webhooks/tiktok/", "https://clip.example.com/privacy/"],
         "Desktop"),
        ("http://127.0.0.1:8000", ["choose the platform Desktop", "Skip this: TikTok can’t reach your own machine"],
         "/webhooks/tiktok/"),
    ],
)  # fmt: skip
def test_before_an_app_is_entered_the_guide_says_what_to_copy(
    staff: Client, settings: Settings, base_url: str, shown: list[str], hidden: str
) -> None:
    settings.BASE_URL = base_url

    page = staff.get(NEW).content.decode()

    for text in (
        *shown,
        f"{base_url}/auth/tiktok/login/callback/",
        "video.publish — publishing",
    ):
        assert text in page
    assert hidden not in page
    assert reverse("admin:tiktok_tiktokapp_add") in page


def test_passed_steps_are_recorded_with_their_time(staff: Client, app: TikTokApp) -> None:
    assert badges(staff.get(guide_of(app)))["keys"] is False

    checked = staff.post(guide_of(app))

    right = {"address": False, "products": False, "redirect": True, "scopes": True, "people": False, "keys": True}
    assert badges(checked) == right | {"audit": False}
    app.refresh_from_db()
    assert set(app.setup_ticks) == {"redirect", "scopes", "keys"}
    later = staff.get(guide_of(app))
    assert badges(later)["keys"] is True
    assert "Checked on" in later.content.decode()


def test_unknown_step_keeps_its_recorded_check(staff: Client, app: TikTokApp, settings: Settings) -> None:
    staff.post(guide_of(app))
    settings.TIKTOK_API_BASE_URL = "http://127.0.0.1:9"

    again = staff.post(guide_of(app))

    assert badges(again)["keys"] is True
    app.refresh_from_db()
    assert "keys" in app.setup_ticks


def test_what_became_wrong_loses_its_tick(staff: Client, app: TikTokApp) -> None:
    staff.post(guide_of(app))
    TikTokApp.objects.update(redirect_uri=f"{CALLBACK}x")

    assert badges(staff.get(guide_of(app)))["redirect"] is False
    staff.post(guide_of(app))

    app.refresh_from_db()
    assert set(app.setup_ticks) == {"scopes", "keys"}


def test_accounts_and_webhooks_prove_their_steps(staff: Client, app: TikTokApp, settings: Settings) -> None:
    settings.BASE_URL = "https://clip.example.com"
    CredentialFactory.create(app=app)
    WebhookDelivery.objects.create(app=app, digest="x", body="{}")

    found = badges(staff.get(guide_of(app)))

    assert (found["products"], found["people"], found["webhook"], found["redirect"]) == (True, True, True, False)


def test_new_app_continues_in_the_guide(staff: Client, settings: Settings) -> None:
    settings.BASE_URL = "https://clip.example.com"
    entered = {
        "name": "Ours", "client_key": "awkey", "new_secret": "canary-5", "environment": "production", "app_type": "web",
        "pkce": "off", "redirect_uri": "https://clip.example.com/auth/tiktok/login/callback/",
        "scopes": ["user.info.basic", "video.publish"], "is_audited": "unknown",
    }  # fmt: skip

    answer = staff.post(reverse("admin:tiktok_tiktokapp_add"), entered, follow=True)

    app = TikTokApp.objects.get()
    assert answer.redirect_chain == [(guide_of(app), 302)]
    assert "canary" not in answer.content.decode()
    assert guide_of(app) in staff.get(reverse("admin:tiktok_tiktokapp_change", args=[app.pk])).content.decode()
    for page in (reverse("admin:tiktok_tiktokapp_changelist"), reverse("admin:tiktok_tiktokapp_add")):
        assert NEW in staff.get(page).content.decode()


def test_health_page_says_what_the_command_says(staff: Client, app: TikTokApp, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]

    quick = staff.get(reverse("admin:health"))
    full = staff.post(reverse("admin:health"))

    assert quick.context["findings"][0].check == "allowed-hosts"
    assert "Add 127.0.0.1 to ALLOWED_HOSTS, or leave it empty." in quick.content.decode()
    told = {finding.check: finding.state for finding in full.context["findings"]}
    assert told["client-secret"] == "ok"
    assert CLIENT_SECRET not in full.content.decode()
    assert reverse("admin:health") in staff.get("/admin/").content.decode()


def test_health_and_guide_are_for_staff_alone(client: Client, editor: User, app: TikTokApp) -> None:
    client.force_login(editor)
    assert [client.get(page, follow=True).status_code for page in ("/admin/health/", NEW, guide_of(app))] == [403] * 3
    User.objects.filter(pk=editor.pk).update(is_staff=True)
    give_second_factor(editor)
    sign_in_again(client, editor)
    assert [client.get(page).status_code for page in ("/admin/health/", NEW, guide_of(app))] == [200, 403, 403]
