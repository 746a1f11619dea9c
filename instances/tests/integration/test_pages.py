"""Pages about instances: what they show, what they change, and how many questions they ask the database."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Tenant, TenantMembership, User
from instances.forms import zone_choices
from instances.models import ApiKey, Instance, Membership
from instances.refusals import NotAllowed, SlugTaken
from instances.roles import KeyScope, Role
from instances.services import create_api_key, create_instance, invite_member, suggest_slug
from instances.services.api_keys import write_api_key
from instances.tests.factories import InstanceFactory, person_of
from instances.tests.sign_in import sign_in_again

Grow = Callable[[Instance, User, int], object]


def more_members(instance: Instance, _owner: User, n: int) -> object:
    return person_of(instance, ["viewer", "editor", "tenant_admin"][n])


def more_invitations(instance: Instance, owner: User, n: int) -> object:
    return invite_member(instance, actor=owner, email=f"new{n}@example.com", role=list(Role)[n])


def more_keys(instance: Instance, _owner: User, n: int) -> object:
    maker = person_of(instance, "editor")
    return write_api_key(instance, user=maker, actor=maker, name=f"key {n}", scopes=list(KeyScope))


def more_instances(instance: Instance, _owner: User, _n: int) -> object:
    return InstanceFactory.create(tenant=instance.tenant)


@pytest.mark.parametrize(
    ("path", "grow", "most"),
    [
        ("/i/aurora/settings/members/", more_members, 12),
        ("/i/aurora/settings/members/", more_invitations, 12),
        ("/i/aurora/settings/advanced/", more_keys, 12),
        ("/instances/", more_instances, 12),
    ],
)
def test_list_asks_as_often_for_three_rows_as_for_one(
    client: Client, instance: Instance, owner: User, path: str, grow: Grow, most: int
) -> None:
    client.force_login(owner)
    client.get("/instances/")  # the first visit writes down the session
    counts = []
    for n in range(3):
        grow(instance, owner, n)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(path).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1] == counts[2]
    assert counts[0] <= most


def test_signed_in_people_pass_the_landing_page(client: Client, editor: User, ex_member: User) -> None:
    assert client.get("/").status_code == 200
    client.force_login(editor)
    assert client.get("/")["Location"] == "/i/aurora/"
    client.force_login(ex_member)
    assert client.get("/")["Location"] == "/instances/"


def test_list_holds_exactly_the_instances_a_person_may_enter(
    client: Client, instance: Instance, other_instance: Instance, owner: User, editor: User, tenant_member: User
) -> None:
    second = InstanceFactory.create(tenant=instance.tenant, name="Second")

    def listed(person: User) -> list[Instance]:
        client.force_login(person)
        return [row.instance for row in client.get("/instances/").context["desk"].page]

    assert listed(owner) == [instance, second]
    assert listed(editor) == [instance]
    assert listed(tenant_member) == []
    Membership.objects.create(user=editor, instance=other_instance, role="viewer")  # without a place in its tenant
    assert listed(editor) == [instance]


def test_new_instance_is_made_and_opened(client: Client, instance: Instance, tenant_admin: User) -> None:
    client.force_login(tenant_admin)
    form = {"tenant": instance.tenant_id, "name": "Café Süd", "slug": "", "time_zone": "Europe/Berlin"}

    assert client.post("/instances/new/", form)["Location"] == "/i/cafe-sud/"

    made = Instance.objects.get(slug="cafe-sud")
    assert (made.tenant, made.time_zone) == (instance.tenant, "Europe/Berlin")


@pytest.mark.parametrize(
    ("field", "value"),
    [("slug", "aurora"), ("slug", "Not a slug"), ("name", ""), ("time_zone", "Mars/Olympus"), ("tenant", "foreign")],
)
def test_bad_input_names_the_field(
    client: Client, instance: Instance, owner: User, other_instance: Instance, field: str, value: str
) -> None:
    client.force_login(owner)
    value = str(other_instance.tenant_id) if value == "foreign" else value
    form = {"tenant": instance.tenant_id, "name": "X", "slug": "x", "time_zone": "UTC"} | {field: value}

    page = client.post("/instances/new/", form)

    assert list(page.context["form"].errors) == [field]
    assert Instance.objects.count() == 2


@pytest.mark.parametrize("person", ["admin", "editor", "tenant_member", "outsider", "ex_member"])
def test_instances_are_made_by_those_who_lead_the_tenant(
    request: pytest.FixtureRequest, instance: Instance, person: str
) -> None:
    with pytest.raises(NotAllowed):
        create_instance(instance.tenant, actor=request.getfixturevalue(person), name="X")


def test_chosen_address_is_never_exchanged(instance: Instance, owner: User) -> None:
    with pytest.raises(SlugTaken):
        create_instance(instance.tenant, actor=owner, name="X", slug="aurora")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "slug"),
    [("Nord & Süd", "nord-sud"), ("北", "instance"), ("---", "instance"), ("x" * 80, "x" * 44), ("a_b", "a-b")],
)
def test_address_is_suggested_from_any_name(name: str, slug: str) -> None:
    assert suggest_slug(name) == slug
    InstanceFactory.create(slug=slug)
    assert suggest_slug(name) == f"{slug}-2"


def test_general_settings_change_name_and_zone_but_not_the_address(
    client: Client, instance: Instance, admin: User
) -> None:
    client.force_login(admin)
    client.post("/i/aurora/settings/general/", {"name": "Dawn", "time_zone": "Asia/Tokyo", "slug": "dawn"})

    instance.refresh_from_db()
    assert (instance.name, instance.time_zone, instance.slug) == ("Dawn", "Asia/Tokyo", "aurora")


def test_legacy_time_zone_survives_saving_settings_unchanged(client: Client, instance: Instance, admin: User) -> None:
    Instance.objects.update(time_zone="EST")
    client.force_login(admin)
    sent = client.get("/i/aurora/settings/general/").context["form"].initial

    answer = client.post("/i/aurora/settings/general/", sent | {"name": "Dawn"})

    instance.refresh_from_db()
    assert (answer.status_code, instance.name, instance.time_zone) == (302, "Dawn", "EST")


def test_new_instance_is_offered_the_zone_the_tenant_used_last(client: Client, instance: Instance, owner: User) -> None:
    Instance.objects.update(time_zone="Asia/Tokyo", created_at=timezone.now() - timedelta(days=1))
    InstanceFactory.create(tenant=instance.tenant, time_zone="EST")
    client.force_login(owner)

    page = client.get("/instances/new/").content.decode()

    assert '<option value="EST" selected>' in page


def test_time_zones_are_grouped_and_begin_with_their_city() -> None:
    choices = dict(zone_choices())

    assert ("Europe/Berlin", "Berlin") in choices["Europe"]
    assert ("America/Argentina/Buenos_Aires", "Buenos Aires (Argentina)") in choices["America"]
    assert choices["UTC"] == "UTC"


def test_refused_name_leaves_the_frame_as_it_is(client: Client, instance: Instance, admin: User) -> None:
    client.force_login(admin)
    page = client.post("/i/aurora/settings/general/", {"name": "", "time_zone": "UTC"}).content.decode()

    assert "Aurora · Clipdesk" in page


def test_only_owners_see_the_policy(client: Client, instance: Instance, owner: User, admin: User) -> None:
    client.force_login(owner)
    assert "two-factor/" in client.get("/i/aurora/settings/general/").content.decode()
    client.force_login(admin)
    assert client.get("/i/aurora/settings/general/").context["policy"] is None


def test_members_are_changed_and_removed_by_buttons(
    client: Client, instance: Instance, owner: User, viewer: User
) -> None:
    client.force_login(owner)
    client.post(f"/i/aurora/settings/members/{viewer.pk}/role/", {"role": "editor"})
    assert Membership.objects.get(user=viewer).role == "editor"
    client.post(f"/i/aurora/settings/members/{viewer.pk}/role/", {"role": "emperor"})
    assert Membership.objects.get(user=viewer).role == "editor"

    client.post(f"/i/aurora/settings/members/{viewer.pk}/remove/")

    assert not Membership.objects.filter(user=viewer).exists()


def test_address_longer_than_its_column_is_refused(client: Client, instance: Instance, admin: User) -> None:
    client.force_login(admin)
    endless = "a" * 260 + "@example.com"
    answer = client.post("/i/aurora/settings/members/", {"email": endless, "role": "editor"})
    assert list(answer.context["form"].errors) == ["email"]
    own = client.post("/auth/email/", {"email": endless, "action_add": ""})
    assert list(own.context["form"].errors) == ["email"]


@pytest.mark.parametrize("path", ["/i/aurora%00/", "/i/%00/settings/general/", "/i/aur%C3%B6ra/"])
def test_address_that_no_instance_can_have_is_not_found(client: Client, owner: User, path: str) -> None:
    client.force_login(owner)
    assert client.get(path).status_code == 404


def test_last_owner_sees_why_they_cannot_be_removed(client: Client, instance: Instance, owner: User) -> None:
    client.force_login(owner)
    page = client.post(f"/i/aurora/settings/members/{owner.pk}/remove/", follow=True)

    assert "This is the last owner" in page.content.decode()
    assert TenantMembership.objects.filter(user=owner).exists()


def test_admin_sees_people_above_without_buttons(
    client: Client, instance: Instance, owner: User, admin: User, viewer: User
) -> None:
    client.force_login(admin)
    members = {member.user: member for member in client.get("/i/aurora/settings/members/").context["members"]}

    assert members[owner].choices == ()
    assert members[viewer].choices == (Role.VIEWER, Role.EDITOR, Role.ADMIN)


def test_person_who_leaves_lands_at_home(client: Client, instance: Instance, admin: User) -> None:
    client.force_login(admin)

    assert client.post(f"/i/aurora/settings/members/{admin.pk}/remove/")["Location"] == "/instances/"


def test_key_is_shown_once(client: Client, instance: Instance, admin: User) -> None:
    sign_in_again(client, admin)
    form = {"key_id": str(uuid.uuid4()), "name": "nightly", "scopes": ["posts:read"]}
    plain = client.post("/i/aurora/settings/advanced/", form).context["plain"]

    assert Client(headers={"authorization": f"Bearer {plain}"}).get("/api/v1/instance").status_code == 200
    assert plain not in client.get("/i/aurora/settings/advanced/").content.decode()
    assert ApiKey.objects.get().last_used_at is not None

    again = client.post("/i/aurora/settings/advanced/", form)  # a double click
    assert again.context["plain"] == ""
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"), [("name", ""), ("scopes", ["everything"]), ("scopes", []), ("key_id", "x")]
)
def test_key_needs_a_name_and_known_scopes(
    client: Client, instance: Instance, admin: User, field: str, value: object
) -> None:
    sign_in_again(client, admin)
    form = {"key_id": str(uuid.uuid4()), "name": "nightly", "scopes": ["posts:read"]} | {field: value}

    page = client.post("/i/aurora/settings/advanced/", form)

    assert list(page.context["form"].errors) == [field]


def test_revoked_key_is_refused_at_once(client: Client, instance: Instance, admin: User) -> None:
    key, plain = create_api_key(instance, actor=admin, name="x", scopes=[KeyScope.POSTS_READ])
    client.force_login(admin)

    client.post(f"/i/aurora/settings/keys/{key.pk}/revoke/")

    assert Client(headers={"authorization": f"Bearer {plain}"}).get("/api/v1/instance").status_code == 401


def test_tenants_own_lines_are_for_those_who_lead_it(
    client: Client, instance: Instance, owner: User, admin: User
) -> None:
    create_instance(instance.tenant, actor=owner, name="Secret brand")
    Tenant.objects.update(name="Renamed")

    client.force_login(owner)
    assert "Secret brand" in client.get("/i/aurora/settings/audit/").content.decode()
    client.force_login(admin)
    assert "Secret brand" not in client.get("/i/aurora/settings/audit/").content.decode()


def test_rail_shows_what_exists_and_is_allowed(client: Client, instance: Instance, owner: User) -> None:
    client.force_login(owner)
    rail = client.get("/i/aurora/settings/members/").context["rail"]

    assert [item["slug"] for item in rail["instances"]] == ["aurora"]
    entries = {item["url"]: item["active"] for item in rail["settings_nav"]}
    assert entries["/i/aurora/settings/members/"] is True
    assert entries["/i/aurora/settings/general/"] is False
    assert entries["/i/aurora/settings/notifications/"] is False
