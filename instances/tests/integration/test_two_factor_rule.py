"""A tenant that requires two-factor sign-in: the rule holds at every entry, not on its pages alone."""

import pytest
from django.test import Client

from accounts.models import Tenant, User
from instances.models import Instance
from instances.notices.digest import people_to_notify
from instances.roles import KeyScope
from instances.tests.factories import InstanceFactory, person_of
from instances.tests.integration.test_rest import make_key
from instances.tests.sign_in import give_second_factor

NEW = {"name": "Second shop", "slug": "second", "time_zone": "UTC"}


@pytest.fixture
def strict(instance: Instance) -> Instance:
    """The instance of a tenant that requires two-factor sign-in."""
    Tenant.objects.filter(pk=instance.tenant_id).update(require_two_factor=True)
    return Instance.objects.select_related("tenant").get(pk=instance.pk)


def test_api_key_of_a_person_without_a_second_factor_is_refused(strict: Instance, editor: User) -> None:
    client = make_key(strict, editor, KeyScope.POSTS_READ)

    refused = client.get("/api/v1/instance")
    give_second_factor(editor)

    assert (refused.status_code, refused.json()["code"]) == (403, "two_factor_required")
    assert refused["Content-Type"] == "application/problem+json"
    assert client.get("/api/v1/instance").status_code == 200


def test_api_uploads_obey_the_rule_too(strict: Instance, editor: User) -> None:
    client = make_key(strict, editor, KeyScope.MEDIA_WRITE)

    answer = client.post("/api/v1/media/uploads", headers={"Tus-Resumable": "1.0.0", "Upload-Length": "10"})

    assert answer.status_code == 403


def test_new_instance_requires_the_second_factor(client: Client, strict: Instance, owner: User) -> None:
    client.force_login(owner)
    data = NEW | {"tenant": str(strict.tenant_id)}

    for answer in (client.get("/instances/new/"), client.post("/instances/new/", data)):
        assert answer["Location"] == "/auth/2fa/"
    assert not Instance.objects.filter(slug="second").exists()

    give_second_factor(owner)
    assert client.post("/instances/new/", data)["Location"] == "/i/second/"


def test_new_instance_of_another_tenant_is_not_held_up(client: Client, strict: Instance, owner: User) -> None:
    other = InstanceFactory.create().tenant
    other.memberships.create(user=owner, role="owner")
    client.force_login(owner)

    refused = client.post("/instances/new/", NEW | {"tenant": str(strict.tenant_id)})
    made = client.post("/instances/new/", NEW | {"tenant": str(other.pk)})

    assert (refused["Location"], made["Location"]) == ("/auth/2fa/", "/i/second/")
    assert Instance.objects.get(slug="second").tenant == other


def test_notification_mails_go_to_people_with_a_second_factor_alone(strict: Instance, editor: User) -> None:
    colleague = person_of(strict, "editor")
    give_second_factor(colleague)

    assert people_to_notify(strict) == [colleague]
