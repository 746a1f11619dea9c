"""Roles and memberships change only within the rights of the acting person, and a tenant keeps an owner."""

import pytest
from django.test import Client
from django.utils.html import escape

from accounts.models import AuditLogEntry, TenantMembership, User
from instances.access import role_of
from instances.models import ApiKey, Instance, Invitation, Membership
from instances.roles import ROLES, KeyScope, Role
from instances.services import LastOwner, NotAllowed, change_role, create_api_key, invite_member, remove_member
from instances.services.api_keys import write_api_key
from instances.tests.factories import InstanceFactory, person_of


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.ADMIN, Role.TENANT_ADMIN, Role.OWNER])
def test_owner_gives_every_role(instance: Instance, owner: User, viewer: User, role: Role) -> None:
    change_role(instance, actor=owner, member=viewer, role=role)

    assert role_of(viewer, instance) == role


@pytest.mark.parametrize("role", [Role.TENANT_ADMIN, Role.OWNER])
def test_admin_gives_no_role_above_their_own(instance: Instance, admin: User, viewer: User, role: Role) -> None:
    with pytest.raises(NotAllowed):
        change_role(instance, actor=admin, member=viewer, role=role)

    assert role_of(viewer, instance) == Role.VIEWER


@pytest.mark.parametrize("target", ["owner", "tenant_admin"])
def test_admin_cannot_touch_people_above_them(
    request: pytest.FixtureRequest, instance: Instance, admin: User, target: str
) -> None:
    member: User = request.getfixturevalue(target)
    before = role_of(member, instance)

    with pytest.raises(NotAllowed):
        change_role(instance, actor=admin, member=member, role=Role.VIEWER)
    with pytest.raises(NotAllowed):
        remove_member(instance, actor=admin, member=member)

    assert role_of(member, instance) == before


@pytest.mark.parametrize("actor", ["editor", "viewer", "tenant_member", "outsider", "ex_member"])
def test_roles_below_admin_do_not_manage_members(
    request: pytest.FixtureRequest, instance: Instance, owner: User, actor: str
) -> None:
    victim = person_of(instance, "viewer")

    with pytest.raises(NotAllowed):
        change_role(instance, actor=request.getfixturevalue(actor), member=victim, role=Role.VIEWER)
    with pytest.raises(NotAllowed):
        remove_member(instance, actor=request.getfixturevalue(actor), member=victim)
    with pytest.raises(NotAllowed):
        invite_member(instance, actor=request.getfixturevalue(actor), email="x@example.com", role=Role.VIEWER)


def test_stranger_is_no_member_to_change(instance: Instance, owner: User, outsider: User) -> None:
    with pytest.raises(NotAllowed):
        change_role(instance, actor=owner, member=outsider, role=Role.VIEWER)

    assert role_of(outsider, instance) is None


def test_last_owner_is_neither_demoted_nor_removed(instance: Instance, owner: User) -> None:
    with pytest.raises(LastOwner):
        change_role(instance, actor=owner, member=owner, role=Role.ADMIN)
    with pytest.raises(LastOwner):
        remove_member(instance, actor=owner, member=owner)

    assert role_of(owner, instance) == Role.OWNER


def test_owner_may_step_back_once_there_is_another(instance: Instance, owner: User, viewer: User) -> None:
    change_role(instance, actor=owner, member=viewer, role=Role.OWNER)
    change_role(instance, actor=owner, member=owner, role=Role.EDITOR)

    assert role_of(owner, instance) == Role.EDITOR


def test_owner_who_cannot_sign_in_does_not_count(instance: Instance, owner: User) -> None:
    asleep = person_of(instance, "owner")
    User.objects.filter(pk=asleep.pk).update(is_active=False)

    with pytest.raises(LastOwner):
        remove_member(instance, actor=owner, member=owner)


def test_removal_takes_place_keys_and_open_invitations(instance: Instance, owner: User, admin: User) -> None:
    _key, plain = create_api_key(instance, actor=admin, name="x", scopes=[KeyScope.POSTS_READ])
    invited = invite_member(instance, actor=admin, email="new@example.com", role=Role.ADMIN)

    remove_member(instance, actor=owner, member=admin)

    assert role_of(admin, instance) is None
    assert not TenantMembership.objects.filter(user=admin).exists()
    assert Client(headers={"authorization": f"Bearer {plain}"}).get("/api/v1/instance").status_code == 401
    invited.invitation.refresh_from_db()
    assert invited.invitation.revoked_at is not None


def test_old_keys_stay_dead_when_person_comes_back(instance: Instance, owner: User, editor: User) -> None:
    _key, plain = write_api_key(instance, user=editor, actor=editor, name="x", scopes=[KeyScope.POSTS_READ])
    remove_member(instance, actor=owner, member=editor)
    TenantMembership.objects.create(user=editor, tenant=instance.tenant)
    Membership.objects.create(user=editor, instance=instance, role="editor")

    assert Client(headers={"authorization": f"Bearer {plain}"}).get("/api/v1/instance").status_code == 401


def test_leaving_one_instance_keeps_the_others(instance: Instance, owner: User, editor: User) -> None:
    second = InstanceFactory.create(tenant=instance.tenant)
    Membership.objects.create(user=editor, instance=second, role="viewer")

    remove_member(instance, actor=owner, member=editor)

    assert role_of(editor, instance) is None
    assert role_of(editor, second) == Role.VIEWER


def test_removing_a_tenant_admin_ends_all_their_places(instance: Instance, owner: User, tenant_admin: User) -> None:
    second = InstanceFactory.create(tenant=instance.tenant)
    Membership.objects.create(user=tenant_admin, instance=second, role="viewer")

    remove_member(instance, actor=owner, member=tenant_admin)

    assert role_of(tenant_admin, second) is None
    assert not Membership.objects.filter(user=tenant_admin).exists()


def test_demoted_admins_invitations_are_taken_back(instance: Instance, owner: User, admin: User) -> None:
    invite_member(instance, actor=admin, email="new@example.com", role=Role.ADMIN)

    change_role(instance, actor=owner, member=admin, role=Role.VIEWER)

    assert not Invitation.objects.filter(revoked_at=None).exists()


def test_each_act_leaves_a_line(instance: Instance, owner: User, viewer: User) -> None:
    change_role(instance, actor=owner, member=viewer, role=Role.EDITOR)
    remove_member(instance, actor=owner, member=viewer)

    lines = AuditLogEntry.objects.filter(instance_id=instance.pk).order_by("at")
    assert [(line.action, line.actor) for line in lines] == [
        ("member.role_changed", owner),
        ("member.removed", owner),
    ]


def test_key_is_stored_as_a_hash_only(instance: Instance, admin: User) -> None:
    key, plain = create_api_key(instance, actor=admin, name="x", scopes=[KeyScope.POSTS_READ])

    assert plain.startswith(f"{key.prefix}_")
    assert len(key.prefix) == len("cd_abcdef")
    stored = ApiKey.objects.values_list().get()
    assert plain not in [str(value) for value in stored]
    assert plain.split("_", 2)[2] not in str(AuditLogEntry.objects.values_list("detail", flat=True))


@pytest.mark.parametrize("actor", ["editor", "viewer", "outsider"])
def test_keys_need_the_right_to_make_them(request: pytest.FixtureRequest, instance: Instance, actor: str) -> None:
    with pytest.raises(NotAllowed):
        create_api_key(instance, actor=request.getfixturevalue(actor), name="x", scopes=[])


def test_last_owner_is_offered_neither_removal_nor_another_role(
    client: Client, instance: Instance, owner: User
) -> None:
    client.force_login(owner)
    alone = client.get("/i/aurora/settings/members/").content.decode()
    person_of(instance, "owner", email="second@example.com")
    together = client.get("/i/aurora/settings/members/").content.decode()

    remove, role = (f"/i/aurora/settings/members/{owner.pk}/{act}/" for act in ("remove", "role"))
    assert "The only owner." in alone
    assert [url in alone for url in (remove, role)] == [False, False]
    assert [url in together for url in (remove, role)] == [True, True]


def test_inactive_owner_leaves_one_last_owner(client: Client, instance: Instance, owner: User) -> None:
    User.objects.filter(pk=person_of(instance, "owner").pk).update(is_active=False)
    client.force_login(owner)

    page = client.get("/i/aurora/settings/members/").content.decode()

    assert f"/i/aurora/settings/members/{owner.pk}/remove/" not in page


def test_each_role_says_what_it_may_do_where_it_is_chosen(client: Client, owner: User, viewer: User) -> None:
    client.force_login(owner)

    page = client.get("/i/aurora/settings/members/").content.decode()

    for role in ROLES.values():
        assert page.count(escape(str(role.summary))) >= 2  # the viewer's menu and the invitation
