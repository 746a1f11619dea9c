"""Every time on an instance's pages is shown in its zone, and the next request knows nothing of it."""

import re
from datetime import UTC, datetime

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.models import User
from instances.middleware import InstanceMiddleware
from instances.models import Instance, Membership
from instances.roles import Role
from instances.scoping import instance_scope
from instances.tests.factories import InstanceFactory
from tiktok.models import Media, Post, PostState, TikTokAccount
from tiktok.tests.factories import make_account, make_media, make_post
from tiktok.tests.fixtures_rest import Api
from tiktok.tests.integration.posts.test_composer import address, filled

pytestmark = pytest.mark.django_db
AT = datetime(2027, 3, 1, 9, tzinfo=UTC)


def planned(instance: Instance) -> Post:
    with instance_scope(instance):
        return make_post(
            make_account(instance), state=PostState.SCHEDULED, publish_at=AT, publish_local="2027-03-01T09:00:00",
            publish_zone="UTC",
        )  # fmt: skip


def zone_of(client: Client, path: str) -> set[str]:
    """The offsets of the times that a page shows."""
    return set(re.findall(r'datetime="[-0-9T:]{19}([-+]\d\d:\d\d)"', client.get(path).content.decode()))


@pytest.fixture
def clip(scoped: Instance) -> Media:
    return make_media(scoped)


@pytest.fixture
def kathmandu(instance: Instance, editor: User) -> Instance:
    Instance.objects.filter(pk=instance.pk).update(time_zone="Europe/Vienna")
    other = InstanceFactory.create(slug="kathmandu", tenant=instance.tenant, time_zone="Asia/Kathmandu")
    Membership.objects.create(user=editor, instance=other, role=Role.EDITOR)
    return other


def test_each_instances_pages_show_its_own_zone(
    client: Client, instance: Instance, kathmandu: Instance, editor: User
) -> None:
    client.force_login(editor)
    here, there = planned(instance), planned(kathmandu)
    for _ in range(2):
        assert zone_of(client, f"/i/aurora/posts/{here.pk}/") == {"+01:00"}
        assert zone_of(client, f"/i/kathmandu/posts/{there.pk}/") == {"+05:45"}
        assert zone_of(client, "/i/aurora/") == {"+01:00"}
    assert timezone.get_current_timezone_name() == "UTC"


def test_nothing_of_it_is_left_when_a_page_fails(rf: RequestFactory, kathmandu: Instance, editor: User) -> None:
    seen = []

    def broken(_request: HttpRequest) -> HttpResponse:
        seen.append(timezone.get_current_timezone_name())
        raise ZeroDivisionError

    request = rf.get("/i/kathmandu/")
    request.user = editor
    with pytest.raises(ZeroDivisionError):
        InstanceMiddleware(broken)(request)
    assert [*seen, timezone.get_current_timezone_name()] == ["Asia/Kathmandu", "UTC"]


def test_the_api_answers_in_utc(
    api: Api, client: Client, instance: Instance, kathmandu: Instance, editor: User
) -> None:
    post = planned(instance)
    client.force_login(editor)
    client.get("/i/aurora/")
    assert api.get(f"/posts/{post.pk}").json()["publish_at"] == "2027-03-01T09:00:00Z"


def test_a_zone_that_has_gone_from_the_data_is_shown_as_utc(client: Client, instance: Instance, editor: User) -> None:
    Instance.objects.update(time_zone="Mars/Olympus")
    client.force_login(editor)
    post = planned(instance)
    assert zone_of(client, f"/i/aurora/posts/{post.pk}/") == {"+00:00"}


def test_time_skipped_in_the_instances_zone_is_valid_in_the_chosen_zone(
    client: Client, editor: User, linked: TikTokAccount, clip: Media
) -> None:
    Instance.objects.update(time_zone="Europe/Vienna")
    client.force_login(editor)
    there = {"when": "later", "publish_at": "2027-03-28T02:30", "timezone": "Asia/Kolkata"}
    client.post(address(linked), filled(clip, privacy_level="SELF_ONLY", **there))
    assert Post.objects.get().publish_at == datetime(2027, 3, 27, 21, tzinfo=UTC)
