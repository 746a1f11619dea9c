"""TikTok apps in Django admin: a secret goes in and never comes out."""

import re

import pytest
from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import AuditLogEntry
from instances.models import Instance
from instances.scoping import instance_scope
from instances.tests.factories import UserFactory
from instances.tests.sign_in import sign_in_as_staff
from tiktok.developer_apps.services import set_client_secret, upsert_environment_app
from tiktok.developer_apps.standing import caps
from tiktok.models import TikTokApp, TikTokCredential
from tiktok.tests.factories import TikTokAppFactory, make_account
from tiktok.tests.simulator_process import Simulator

pytestmark = pytest.mark.django_db
CANARY = "canary-secret-73"


@pytest.fixture
def staff(client: Client) -> Client:
    sign_in_as_staff(client, UserFactory.create())
    return client


def fields(**changes: object) -> dict[str, object]:
    return {
        "name": "Our app", "client_key": "awkey123", "new_secret": CANARY, "environment": "production",
        "app_type": "web", "pkce": "off", "redirect_uri": "https://clip.example.com/auth/tiktok/login/callback/",
        "scopes": ["user.info.basic", "video.publish"], "is_audited": "unknown",
    } | changes  # fmt: skip


def test_app_is_entered_and_its_secret_is_never_shown_again(staff: Client) -> None:
    staff.post(reverse("admin:tiktok_tiktokapp_add"), fields())

    app = TikTokApp.objects.get()
    assert app.client_secret is not None
    assert (app.client_secret.reveal(), app.scopes) == (CANARY, ["user.info.basic", "video.publish"])
    page = staff.get(reverse("admin:tiktok_tiktokapp_change", args=[app.pk])).content.decode()
    assert "A secret is set" in page
    assert "<code>https://clip.example.com/auth/tiktok/login/callback/</code>" in page
    assert CANARY not in page
    assert CANARY not in staff.get(reverse("admin:tiktok_tiktokapp_changelist")).content.decode()


def test_empty_secret_keeps_the_present_one_and_a_new_one_keeps_the_old(staff: Client) -> None:
    staff.post(reverse("admin:tiktok_tiktokapp_add"), fields())
    change = reverse("admin:tiktok_tiktokapp_change", args=[TikTokApp.objects.get().pk])

    staff.post(change, fields(new_secret="", name="Renamed"))
    app = TikTokApp.objects.get()
    assert (app.name, app.client_secret and app.client_secret.reveal()) == ("Renamed", CANARY)
    staff.post(change, fields(new_secret="second"))

    app = TikTokApp.objects.get()
    assert app.client_secret is not None
    assert app.old_client_secret is not None
    assert (app.client_secret.reveal(), app.old_client_secret.reveal()) == ("second", CANARY)


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"client_key": '"awkey"'}, "client_key", "Enter it without quotation marks and spaces."),
        ({"new_secret": "two words"}, "new_secret", "Enter it without quotation marks and spaces."),
        ({"new_secret": ""}, "new_secret", "Enter the client secret."),
        ({"redirect_uri": "http://clip.example.com/"}, "redirect_uri",
         "A web app’s redirect URI must start with https://."),
        ({"redirect_uri": "https://clip.example.com/?x=1"}, "redirect_uri",
         "TikTok accepts no “?”, no “#” and at most 511 characters."),
        ({"app_type": "desktop", "pkce": "hex"}, "redirect_uri",
         "A desktop app redirects to localhost or 127.0.0.1 with a port."),
        ({"app_type": "desktop", "redirect_uri": "http://127.0.0.1:8000/x/"}, "pkce",
         "TikTok’s desktop apps need PKCE with the hex digest."),
        ({"scopes": []}, "scopes", "This field is required."),
    ],
)  # fmt: skip
def test_what_tiktok_would_refuse_is_refused_at_the_field(
    staff: Client, changes: dict[str, object], field: str, message: str
) -> None:
    answer = staff.post(reverse("admin:tiktok_tiktokapp_add"), fields(**changes))

    assert answer.context["adminform"].form.errors == {field: [message]}
    assert not TikTokApp.objects.exists()


def test_environments_app_is_read_only(staff: Client, settings: Settings) -> None:
    settings.TIKTOK_CLIENT_KEY, settings.TIKTOK_CLIENT_SECRET = "envkey", CANARY
    app = upsert_environment_app()
    assert app is not None
    change = reverse("admin:tiktok_tiktokapp_change", args=[app.pk])

    page = staff.get(change).content.decode()

    assert "envkey" in page
    assert CANARY not in page
    assert 'name="client_key"' not in page
    staff.post(change, fields(is_audited="true"))
    app.refresh_from_db()
    assert (app.client_key, app.redirect_uri, app.is_audited) == ("envkey", settings.TIKTOK_REDIRECT_URI, True)


def test_app_that_other_tenants_use_cannot_be_given_to_one(
    staff: Client, instance: Instance, other_instance: Instance
) -> None:
    with instance_scope(other_instance):
        app = make_account(other_instance).credential.app
    change = reverse("admin:tiktok_tiktokapp_change", args=[app.pk])

    answer = staff.post(change, fields(new_secret="", tenant=str(instance.tenant_id)))

    assert answer.context["adminform"].form.errors == {
        "tenant": [
            "Accounts of other tenants are connected through this app. Disconnect them first, or leave the tenant"
            " empty."
        ]
    }
    assert staff.post(change, fields(new_secret="", tenant=str(other_instance.tenant_id))).status_code == 302


def test_staff_forget_the_old_secret_once_tiktok_knows_the_new_one(
    staff: Client, sim: Simulator, app: TikTokApp
) -> None:
    forget = {"action": "forget_old_secrets", "_selected_action": [str(app.pk)]}
    set_client_secret(app, "second")
    app.save()

    staff.post(reverse("admin:tiktok_tiktokapp_changelist"), forget)
    app.refresh_from_db()
    assert app.old_client_secret is not None
    sim.create_app(client_secret="second")
    staff.post(reverse("admin:tiktok_tiktokapp_changelist"), forget)

    app.refresh_from_db()
    assert app.old_client_secret is None


def test_back_office_never_shows_tokens(staff: Client, instance: Instance) -> None:
    with instance_scope(instance):
        account = make_account(instance)
    credential = account.credential

    pages = [
        reverse("admin:tiktok_tiktokcredential_changelist"),
        reverse("admin:tiktok_tiktokcredential_change", args=[credential.pk]),
        reverse("admin:tiktok_tiktokaccount_changelist"),
        reverse("admin:tiktok_tiktokaccount_change", args=[account.pk]),
        reverse("admin:tiktok_post_changelist"),
        reverse("admin:tiktok_media_changelist"),
    ]

    for address in pages:
        page = staff.get(address)
        assert page.status_code == 200
        assert f"act.{credential.open_id}" not in page.content.decode()
        assert "_token" not in page.content.decode().replace("csrfmiddlewaretoken", "").replace("csrf_token", "")
    TikTokCredential.objects.get()


def test_allauths_social_admin_is_gone() -> None:
    names = {model._meta.app_label for model in admin.site._registry}

    assert "socialaccount" not in names


def test_environments_app_follows_the_environment(db: None, settings: Settings) -> None:
    settings.TIKTOK_CLIENT_KEY, settings.TIKTOK_CLIENT_SECRET = "one", "first"
    settings.TIKTOK_REDIRECT_URI = "http://127.0.0.1:8000/auth/tiktok/login/callback/"
    first = upsert_environment_app()
    assert first is not None
    again = upsert_environment_app()
    assert again == first
    assert (first.app_type, first.pkce, again.old_client_secret) == ("desktop", "hex", None)

    settings.TIKTOK_CLIENT_SECRET = "second"
    settings.TIKTOK_REDIRECT_URI = "https://clip.example.com/auth/tiktok/login/callback/"
    settings.TIKTOK_SANDBOX_MODE = True
    changed = upsert_environment_app()
    assert changed is not None
    assert changed.old_client_secret is not None
    assert (changed.app_type, changed.pkce, changed.environment) == ("web", "off", "sandbox")
    assert changed.old_client_secret.reveal() == "first"

    settings.TIKTOK_CLIENT_KEY = "two"
    upsert_environment_app()
    assert dict(TikTokApp.objects.values_list("client_key", "is_from_environment")) == {"one": False, "two": True}

    settings.TIKTOK_CLIENT_KEY = settings.TIKTOK_CLIENT_SECRET = ""
    assert upsert_environment_app() is None
    assert not TikTokApp.objects.filter(is_from_environment=True).exists()


@pytest.mark.parametrize(
    ("variable", "value"),
    [("TIKTOK_CLIENT_KEY", "'quoted'"), ("TIKTOK_CLIENT_SECRET", "two words"), ("TIKTOK_CLIENT_SECRET", ""),
     ("TIKTOK_REDIRECT_URI", "http://clip.example.com/")],
)  # fmt: skip
def test_bad_environment_names_the_variable(db: None, settings: Settings, variable: str, value: str) -> None:
    settings.TIKTOK_CLIENT_KEY, settings.TIKTOK_CLIENT_SECRET = "key", "secret"
    setattr(settings, variable, value)

    with pytest.raises(ImproperlyConfigured, match=f"^{variable}"):
        upsert_environment_app()


def test_app_without_rows_of_an_instance_may_be_reused(db: None, settings: Settings) -> None:
    TikTokAppFactory.create(client_key="shared", name="Entered by hand")
    settings.TIKTOK_CLIENT_KEY, settings.TIKTOK_CLIENT_SECRET = "shared", "secret"

    app = upsert_environment_app()

    assert app is not None
    assert (app.name, app.is_from_environment, TikTokApp.objects.count()) == ("Entered by hand", True, 1)


def test_changes_of_a_tenants_app_are_in_its_audit_log(
    staff: Client, instance: Instance, other_instance: Instance
) -> None:
    here, there = instance.tenant, other_instance.tenant
    staff.post(reverse("admin:tiktok_tiktokapp_add"), fields(tenant=here.pk))
    app = TikTokApp.objects.get()
    staff.post(reverse("admin:tiktok_tiktokapp_change", args=[app.pk]), fields(new_secret="", tenant=there.pk))
    staff.post(reverse("admin:tiktok_tiktokapp_delete", args=[app.pk]), {"post": "yes"})

    lines = AuditLogEntry.objects.filter(target_type="tiktokapp", detail__by_staff=True).order_by("at")
    assert list(lines.filter(tenant=here).values_list("action", flat=True)) == [
        "tiktok_app.created",
        "tiktok_app.updated",
    ]
    assert list(lines.filter(tenant=there).values_list("action", flat=True)) == [
        "tiktok_app.updated",
        "tiktok_app.deleted",
    ]
    assert not [line for line in lines if CANARY in str(line.detail)]


def test_app_from_the_environment_says_why_it_is_read_only(staff: Client, settings: Settings) -> None:
    settings.TIKTOK_CLIENT_KEY, settings.TIKTOK_CLIENT_SECRET = "awenv", CANARY
    from_environment, entered = upsert_environment_app(), TikTokAppFactory.create()
    reason = "This app comes from the environment"

    pages = [
        staff.get(reverse("admin:tiktok_tiktokapp_change", args=[app.pk])).content.decode()
        for app in (from_environment, entered)
        if app
    ]

    assert [reason in page for page in pages] == [True, False]
    assert "<ul><li><code>user.info.basic</code></li>" in pages[0]


def test_index_of_the_admin_begins_with_apps_and_health(staff: Client) -> None:
    page = staff.get(reverse("admin:index")).content.decode()

    main = page[page.index('id="content"') :]
    hrefs = re.findall(r'<a href="([^"]+)"', main)
    assert hrefs[:2] == [reverse("admin:tiktok_tiktokapp_changelist"), reverse("admin:health")]


@pytest.mark.parametrize(
    ("is_audited", "says"),
    [
        (True, "0 accounts posted in the last 24 hours."),
        (None, "0 accounts posted in the last 24 hours. If TikTok has not audited the app, it allows 5."),
        (False, "0 accounts of at most 5 posted in the last 24 hours."),
    ],
)
def test_health_names_the_limit_without_audit_where_it_may_apply(db: None, is_audited: bool | None, says: str) -> None:
    app = TikTokAppFactory.create(is_audited=is_audited)

    assert next(iter(caps(app))).text == says


@pytest.mark.parametrize(
    "name", ["index", "tiktok_tiktokapp_add", "tiktok_tiktokapp_changelist", "tiktok_post_changelist"]
)
def test_pages_of_the_admin_have_no_inline_script_or_style(staff: Client, name: str) -> None:
    page = staff.get(reverse(f"admin:{name}")).content.decode()

    assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", page) == []
    assert "css/admin.css" in page
