"""Which apps an instance may link through: its tenant's own, then the deployment's, never another tenant's."""

import pytest
from django.forms import Form
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.accounts.connect_form import ConnectForm
from tiktok.connect.attempt import LinkAttempt
from tiktok.connect.links.forms import LinksForm
from tiktok.developer_apps.choice import apps_for
from tiktok.models import TikTokAccount, TikTokApp
from tiktok.tests.factories import TikTokAppFactory, make_account


@pytest.fixture
def apps(instance: Instance, other_instance: Instance) -> dict[str, TikTokApp]:
    return {
        "shared": TikTokAppFactory.create(name="A shared one"),
        "ours": TikTokAppFactory.create(name="Ours", tenant=instance.tenant, environment="sandbox"),
        "theirs": TikTokAppFactory.create(name="Theirs", tenant=other_instance.tenant),
    }


def labels_of(form: Form) -> list[str]:
    """Return the labels of the chooser of apps, in its order."""
    return [str(label) for _value, label in form.fields["app"].choices]  # type: ignore[attr-defined]


def test_tenants_own_app_comes_first_and_another_tenants_is_not_offered(
    apps: dict[str, TikTokApp], scoped: Instance
) -> None:
    assert list(apps_for(scoped)) == [apps["ours"], apps["shared"]]
    assert labels_of(ConnectForm(instance=scoped)) == ["Ours (sandbox)", "A shared one"]


def test_environments_app_is_offered_before_all_others(scoped: Instance) -> None:
    TikTokAppFactory.create(name="A", tenant=scoped.tenant)
    TikTokAppFactory.create(name="B")
    environments = TikTokAppFactory.create(name="C", is_from_environment=True)

    for form in (ConnectForm(instance=scoped), LinksForm(instance=scoped)):
        assert labels_of(form) == ["C", "A", "B"]
        assert form["app"].as_widget().index(str(environments.pk)) < form["app"].as_widget().index(">A<")


def test_no_two_apps_are_offered_under_the_same_label(scoped: Instance) -> None:
    keys = {
        "aw1111": "production",
        "aw2222": "production",
        "sb1111": "sandbox",
        "sb3333": "sandbox",
        "x3333": "sandbox",
    }
    for key, environment in keys.items():
        TikTokAppFactory.create(name="TikTok", client_key=key, environment=environment)
    TikTokAppFactory.create(name="Ours", environment="sandbox")

    apps = list(apps_for(scoped))

    for form in (ConnectForm(instance=scoped), ConnectForm(instance=scoped, apps=apps), LinksForm(instance=scoped)):
        assert sorted(labels_of(form)) == [
            "Ours (sandbox)",
            "TikTok (sandbox), client key sb3333",
            "TikTok (sandbox), client key x3333",
            "TikTok (sandbox), client key …1111",
            "TikTok, client key …1111",
            "TikTok, client key …2222",
        ]


def test_without_a_choice_the_environments_app_is_used(scoped: Instance) -> None:
    TikTokAppFactory.create(name="A")
    environments = TikTokAppFactory.create(name="B", is_from_environment=True)

    form = ConnectForm({}, instance=scoped)

    assert form.is_valid(), form.errors
    assert form.cleaned_data["app"] == environments


def test_another_tenants_app_cannot_be_chosen(
    client: Client, admin: User, instance: Instance, apps: dict[str, TikTokApp], settings: Settings
) -> None:
    settings.BASE_URL = "http://testserver"
    client.force_login(admin)
    connect = f"/i/{instance.slug}/tiktok/connect/"

    chosen = client.post(connect, {"app": str(apps["ours"].pk)})
    refused = client.post(connect, {"app": str(apps["theirs"].pk)})

    assert chosen.status_code == 302
    assert f"client_key={apps['ours'].client_key}" in chosen["Location"]
    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == ["app"]


def test_account_is_not_reconnected_through_another_tenants_app(
    apps: dict[str, TikTokApp], scoped: Instance, other_instance: Instance
) -> None:
    with instance_scope(scoped):
        account = make_account(scoped)
    TikTokApp.objects.filter(pk=account.credential.app_id).update(tenant=other_instance.tenant)

    form = ConnectForm({"account": str(account.pk)}, instance=scoped)

    assert form.errors == {
        "account": [
            "The TikTok app of this account is no longer available here. Connect the account through another app."
        ]
    }


def test_app_moved_to_another_tenant_is_gone_at_the_callback(
    apps: dict[str, TikTokApp], instance: Instance, other_instance: Instance
) -> None:
    def found(app: TikTokApp) -> TikTokApp | None:
        return LinkAttempt(user="", instance=str(instance.pk), app=str(app.pk)).find_app()

    assert [found(app) for app in apps.values()] == [apps["shared"], apps["ours"], None]


@pytest.fixture
def replaced(scoped: Instance) -> TikTokAccount:
    """An account of a sandbox in whose place the environment has another app now."""
    account = make_account(scoped, name="Bakery")
    TikTokApp.objects.filter(pk=account.credential.app_id).update(name="TikTok", environment="sandbox")
    TikTokAppFactory.create(name="TikTok", client_key="production", is_from_environment=True)
    return account


def shown(client: Client, account: TikTokAccount, part: str) -> str:
    return client.get(f"/i/{account.instance.slug}/accounts/{account.pk}/{part}/").content.decode()


@pytest.mark.parametrize("status", ["active", "reconnect_needed", "disconnected"])
def test_environments_new_app_is_offered_beside_the_reconnect(
    client: Client, admin: User, replaced: TikTokAccount, status: str
) -> None:
    TikTokAccount.objects.update(status=status)
    client.force_login(admin)

    card, menu = shown(client, replaced, "card"), shown(client, replaced, "menu")

    assert "Connect through “TikTok”" in (menu if status == "active" else card)
    assert "Reconnect through “TikTok (sandbox)”" in menu
    assert ("It was connected through “TikTok (sandbox)”." in card) == (status != "active")


@pytest.mark.parametrize(
    ("own", "present"),
    [({"environment": "production"}, {"environment": "sandbox"}), ({}, {"is_from_environment": False})],
)
def test_no_other_app_is_offered_where_none_took_the_place(
    client: Client, admin: User, replaced: TikTokAccount, own: dict[str, str], present: dict[str, str | bool]
) -> None:
    TikTokApp.objects.filter(pk=replaced.credential.app_id).update(**own)
    TikTokApp.objects.filter(client_key="production").update(**present)
    client.force_login(admin)

    for part in ("card", "menu"):
        assert "Connect through" not in shown(client, replaced, part)
