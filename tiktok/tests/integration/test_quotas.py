"""The quotas of an instance and a tenant, also for concurrent requests. Media: media/test_quotas.py."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from accounts.models import Tenant, User
from core.web.refusals import UserRefusal
from instances.models import ApiKey, Instance, Invitation
from instances.refusals import QuotaReached
from instances.roles import KeyScope, Role
from instances.scoping import instance_scope
from instances.services import create_instance
from instances.services.api_keys import create_api_key
from instances.services.invitations import invite_member
from tiktok.connect.links.services import make_links
from tiktok.models import ConnectLink, Media, Post, PostState, TikTokAccount
from tiktok.tests.fixtures_posts import Submit
from tiktok.tests.fixtures_rest import MakeApi, body_of
from tiktok.tests.races import at_once


def test_api_key_beyond_the_quota_is_not_made(instance: Instance, admin: User, settings: Settings) -> None:
    settings.QUOTA_API_KEYS = 1
    create_api_key(instance, actor=admin, name="one", scopes=[KeyScope.POSTS_READ])

    with pytest.raises(QuotaReached, match=r"can have 1 API key\. Revoke it"):
        create_api_key(instance, actor=admin, name="two", scopes=[KeyScope.POSTS_READ])

    assert ApiKey.objects.count() == 1


def test_revoked_key_makes_room(instance: Instance, admin: User, settings: Settings) -> None:
    settings.QUOTA_API_KEYS = 1
    key, _plain = create_api_key(instance, actor=admin, name="one", scopes=[KeyScope.POSTS_READ])
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=key.created_at)

    create_api_key(instance, actor=admin, name="two", scopes=[KeyScope.POSTS_READ])


def test_invitation_beyond_the_quota_is_not_made(instance: Instance, admin: User, settings: Settings) -> None:
    settings.QUOTA_INVITATIONS = 1
    invite_member(instance, actor=admin, email="one@example.com", role=Role.VIEWER)

    with pytest.raises(QuotaReached):
        invite_member(instance, actor=admin, email="two@example.com", role=Role.VIEWER)

    assert list(Invitation.objects.values_list("email", flat=True)) == ["one@example.com"]


def test_members_page_says_the_quota(client: Client, instance: Instance, admin: User, settings: Settings) -> None:
    settings.QUOTA_INVITATIONS = 1
    invite_member(instance, actor=admin, email="one@example.com", role=Role.VIEWER)
    client.force_login(admin)

    form = {"email": "two@example.com", "role": "viewer"}
    page = client.post(f"/i/{instance.slug}/settings/members/", form, follow=True)

    assert "This instance can have 1 open invitation." in page.content.decode()


def test_instance_beyond_the_tenants_quota_is_not_made(
    client: Client, instance: Instance, owner: User, settings: Settings
) -> None:
    settings.QUOTA_INSTANCES = 1
    client.force_login(owner)

    with pytest.raises(QuotaReached):
        create_instance(instance.tenant, actor=owner, name="Second")
    page = client.post("/instances/new/", {"tenant": str(instance.tenant.pk), "name": "Second", "time_zone": "UTC"})

    assert f"{instance.tenant} can have 1 instance." in page.content.decode()
    assert Instance.objects.filter(tenant=instance.tenant).count() == 1


def test_connect_links_beyond_the_quota_are_not_made(
    make_api: MakeApi, linked: TikTokAccount, instance: Instance, admin: User, settings: Settings
) -> None:
    settings.QUOTA_CONNECT_LINKS = 2
    api = make_api(admin)

    with pytest.raises(QuotaReached):
        make_links(instance, actor=admin, names=["a", "b", "c"])
    answers = [api.send("POST", "/accounts/connect-links") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201, 201, 409]
    assert answers[2].json()["code"] == "quota_connect_links"
    assert ConnectLink.objects.count() == 2


def test_post_beyond_the_quota_stays_unwritten(
    make_api: MakeApi, linked: TikTokAccount, video: Media, editor: User, submit: Submit, settings: Settings
) -> None:
    settings.QUOTA_POSTS_WAITING = 1
    submit()
    api = make_api(editor)

    draft = api.create(body_of(linked, video, draft=True))
    answer = api.publish(draft.json()["id"])

    assert (draft.status_code, answer.status_code, answer.json()["code"]) == (201, 409, "quota_posts")
    with instance_scope(linked.instance):
        assert sorted(Post.objects.values_list("state", flat=True)) == [PostState.DRAFT, PostState.DUE]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["keys", "links", "instances"])
def test_two_at_once_do_not_pass_a_quota(instance: Instance, owner: User, settings: Settings, what: str) -> None:
    settings.QUOTA_API_KEYS = settings.QUOTA_CONNECT_LINKS = 1
    settings.QUOTA_INSTANCES = 2
    works: dict[str, Callable[[int], object]] = {
        "keys": lambda n: create_api_key(instance, actor=owner, name=f"key {n}", scopes=[KeyScope.POSTS_READ]),
        "links": lambda n: make_links(instance, actor=owner, names=[f"link {n}"], lifetime=timedelta(days=1)),
        "instances": lambda n: create_instance(Tenant.objects.get(pk=instance.tenant_id), actor=owner, name=f"N {n}"),
    }
    connection.close()

    results = at_once(lambda: works[what](1), lambda: works[what](2), expect=(UserRefusal,))

    assert sum(isinstance(result, QuotaReached) for result in results) == 1
    assert None not in results
