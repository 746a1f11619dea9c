"""Which apps an instance may link through: its tenant's own, then the deployment's, never another tenant's."""

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.linking.attempt import LinkAttempt
from tiktok.linking.forms import ConnectForm
from tiktok.linking.queries import apps_for
from tiktok.models import TikTokApp
from tiktok.tests.factories import TikTokAppFactory, make_account


@pytest.fixture
def apps(instance: Instance, other_instance: Instance) -> dict[str, TikTokApp]:
    return {
        "shared": TikTokAppFactory.create(name="A shared one"),
        "ours": TikTokAppFactory.create(name="Ours", tenant=instance.tenant, environment="sandbox"),
        "theirs": TikTokAppFactory.create(name="Theirs", tenant=other_instance.tenant),
    }


def test_a_tenants_own_app_comes_first_and_another_tenants_is_not_offered(
    apps: dict[str, TikTokApp], scoped: Instance
) -> None:
    assert list(apps_for(scoped)) == [apps["ours"], apps["shared"]]
    field = ConnectForm(instance=scoped).fields["app"]
    assert [str(label) for _value, label in field.choices] == ["Ours (sandbox)", "A shared one"]  # type: ignore[attr-defined]


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


def test_an_account_of_an_app_that_went_to_another_tenant_is_not_reconnected_through_it(
    apps: dict[str, TikTokApp], scoped: Instance, other_instance: Instance
) -> None:
    with instance_scope(scoped):
        account = make_account(scoped)
    TikTokApp.objects.filter(pk=account.credential.app_id).update(tenant=other_instance.tenant)

    form = ConnectForm({"account": str(account.pk)}, instance=scoped)

    assert form.errors == {
        "account": ["The TikTok app of this account is not available here any more. Connect the account anew."]
    }


def test_an_app_that_went_to_another_tenant_meanwhile_is_gone_at_the_callback(
    apps: dict[str, TikTokApp], instance: Instance, other_instance: Instance
) -> None:
    def found(app: TikTokApp) -> TikTokApp | None:
        return LinkAttempt(user="", instance=str(instance.pk), app=str(app.pk)).find_app()

    assert [found(app) for app in apps.values()] == [apps["shared"], apps["ours"], None]
