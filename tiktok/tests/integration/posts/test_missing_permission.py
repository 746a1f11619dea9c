"""An account that is connected and may not be posted to, and one that is not connected: two things, two ways out."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import Media, TikTokAccount, TikTokCredential
from tiktok.tests.factories import make_media
from tiktok.tests.fixtures_rest import Api, body_of
from tiktok.tests.integration.posts.test_composer import address, filled
from tiktok.tests.simulator_process import Simulator

pytestmark = pytest.mark.django_db

NOT_ALLOWED = (
    "The account has not allowed Clipdesk to publish. "
    "Reconnect it and leave the permission to publish turned on at TikTok."
)
NOT_CONNECTED = "The account must be reconnected. Reconnect it first and grant the permissions."
DISCONNECTED = "The account was disconnected. Reconnect it first and grant the permissions."


@pytest.fixture
def clip(instance: Instance) -> Media:
    with instance_scope(instance):
        return make_media(instance)


@pytest.fixture
def page(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


def without_permission(instance: Instance, tiktok: Simulator) -> None:
    with instance_scope(instance):
        TikTokCredential.objects.update(scopes=["user.info.basic"])


def refused_by_tiktok(instance: Instance, tiktok: Simulator) -> None:
    tiktok.fault("error", "creator_info", code="scope_not_authorized", status=401, times=-1)


def without_connection(instance: Instance, tiktok: Simulator) -> None:
    with instance_scope(instance):
        TikTokAccount.objects.update(status="reconnect_needed")


def disconnected(instance: Instance, tiktok: Simulator) -> None:
    with instance_scope(instance):
        TikTokAccount.objects.update(status="disconnected")


Case = tuple[Callable[[Instance, Simulator], None], str, str]
CASES = pytest.mark.parametrize(
    "case",
    [
        (without_permission, "scope_missing", NOT_ALLOWED),
        (refused_by_tiktok, "scope_missing", NOT_ALLOWED),
        (without_connection, "reconnect_needed", NOT_CONNECTED),
        (disconnected, "account_disconnected", DISCONNECTED),
    ],
)


@CASES
def test_api_tells_why_the_account_cannot_be_posted_to(
    api: Api, linked: TikTokAccount, clip: Media, instance: Instance, tiktok: Simulator, case: Case
) -> None:
    arrange, code, words = case
    arrange(instance, tiktok)

    offer = api.get(f"/accounts/{linked.pk}/creator-info")
    created = api.create(body_of(linked, clip))

    for answer in (offer, created):
        assert (answer.status_code, answer.json()["code"], answer.json()["detail"]) == (409, code, words)


@CASES
def test_composer_tells_why_the_account_cannot_be_posted_to(
    page: Client, linked: TikTokAccount, clip: Media, instance: Instance, tiktok: Simulator, case: Case
) -> None:
    arrange, code, words = case
    arrange(instance, tiktok)

    opened = page.get(address(linked)).content.decode()
    sent = page.post(address(linked), filled(clip, to=str(linked.pk))).content.decode()

    assert words in sent
    assert "then reconnect the account" in sent
    assert ">Reconnect</a>" in sent
    if code == "scope_missing":
        assert words in opened
        assert ">Reconnect</a>" in opened
