"""Django admin: who gets in, and that what staff do there goes by the services and into the tenant's audit log."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import AuditLogEntry, Tenant, TenantMembership, TenantRole, User
from instances.models import ApiKey, Instance, Invitation, Membership
from instances.roles import KeyScope, Role
from instances.services import create_api_key, invite_member
from instances.tests.factories import UserFactory, person_of
from instances.tests.sign_in import age, give_second_factor, sign_in_again, sign_in_as_staff

pytestmark = pytest.mark.django_db
WINDOW_S = settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


@pytest.fixture
def ops(db: None) -> User:
    """Return an operator of the deployment, who belongs to no tenant."""
    user: User = UserFactory.create(email="ops@example.com", is_staff=True, is_superuser=True)
    return user


@pytest.fixture
def staff(client: Client, ops: User) -> Client:
    sign_in_as_staff(client, ops)
    return client


def make_older(client: Client, by_s: float) -> None:
    session = client.session
    age(session, by_s)
    session.save()


def lines(tenant: Tenant, actor: User) -> list[tuple[str, Any]]:
    """Return the person's actions on the tenant, oldest first: the action and its subject."""
    found = AuditLogEntry.objects.filter(tenant=tenant, actor=actor, detail__by_staff=True).order_by("at")
    return [(line.action, line.detail.get("member") or line.detail.get("person")) for line in found]


def post(client: Client, row: Tenant | Instance, places: list[dict[str, Any]], **fields: Any) -> Any:
    """Send the change form of a tenant or an instance with these lines of its inline."""
    page = reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk])
    initial = sum(1 for place in places if "id" in place)
    data: dict[str, Any] = {"memberships-TOTAL_FORMS": len(places), "memberships-INITIAL_FORMS": initial}
    for number, place in enumerate(places):
        data |= {f"memberships-{number}-{name}": str(value) for name, value in place.items()}
    return client.post(page, data | {"name": row.name} | fields)


def test_staff_without_a_second_factor_are_sent_to_set_it_up(client: Client, ops: User) -> None:
    sign_in_again(client, ops)

    answer = client.get("/admin/", follow=True)

    assert answer.redirect_chain[-1][0] == "/auth/2fa/"
    assert "Administration requires two-factor sign-in" in answer.content.decode()


def test_staff_who_signed_in_long_ago_confirm_identity_and_continue(client: Client, ops: User) -> None:
    give_second_factor(ops)
    sign_in_again(client, ops, ago_s=WINDOW_S + 1)
    wanted = "/admin/accounts/user/?q=x"

    asked = client.get(wanted, follow=True)
    again = {"password": "correct horse battery", "next": wanted}
    confirmed = client.post("/auth/reauthenticate/", again)

    assert asked.redirect_chain[-1][0].startswith("/auth/reauthenticate/?next=/admin/")
    assert confirmed["Location"] == wanted
    assert client.get(wanted).status_code == 200


def test_session_without_any_sign_in_does_not_open_admin(client: Client, ops: User) -> None:
    give_second_factor(ops)
    client.force_login(ops)

    assert client.get("/admin/")["Location"].startswith("/admin/login/")


def test_form_opened_in_time_may_be_sent_for_twice_as_long(staff: Client, instance: Instance) -> None:
    page = reverse("admin:instances_instance_change", args=[instance.pk])
    make_older(staff, WINDOW_S * 1.5)
    in_time = post(staff, instance, [], time_zone="Europe/Vienna")
    make_older(staff, WINDOW_S * 2 + 1)
    late = post(staff, instance, [], time_zone="UTC")

    assert (in_time.status_code, in_time["Location"]) == (302, "/admin/instances/instance/")
    assert late["Location"] == f"/admin/login/?next={page}"
    instance.refresh_from_db()
    assert instance.time_zone == "Europe/Vienna"


def test_password_is_changed_on_the_products_own_page(staff: Client) -> None:
    assert staff.get("/admin/password_change/")["Location"] == "/auth/password/change/"


def test_removal_from_the_instance_ends_keys_and_invitations_for_good(
    staff: Client, instance: Instance, ops: User
) -> None:
    admin = person_of(instance, "admin")
    create_api_key(instance, actor=admin, name="x", scopes=[KeyScope.POSTS_READ])
    invite_member(instance, actor=admin, email="new@example.com", role=Role.VIEWER)
    row = Membership.objects.get(user=admin)
    place = {"id": row.pk, "user": admin.pk, "role": "admin", "instance": instance.pk, "DELETE": "on"}

    post(staff, instance, [place], time_zone="UTC")

    assert not TenantMembership.objects.filter(user=admin).exists()
    assert ApiKey.objects.get(user=admin).revoked_at
    assert Invitation.objects.get(invited_by=admin).revoked_at
    assert lines(instance.tenant, ops) == [("member.removed", admin.email)]


def test_roles_given_in_admin_are_audited_and_add_the_tenant_membership(
    staff: Client, instance: Instance, editor: User, ops: User
) -> None:
    newcomer = UserFactory.create()
    row = Membership.objects.get(user=editor)
    old = {"id": row.pk, "user": editor.pk, "role": "viewer", "instance": instance.pk}

    post(staff, instance, [old, {"user": newcomer.pk, "role": "editor", "instance": instance.pk}], time_zone="UTC")

    assert TenantMembership.objects.get(user=newcomer).role == TenantRole.MEMBER
    assert sorted(lines(instance.tenant, ops)) == [
        ("member.added", newcomer.email),
        ("member.role_changed", editor.email),
    ]


def test_person_of_a_place_cannot_be_exchanged(staff: Client, instance: Instance, editor: User) -> None:
    row = Membership.objects.get(user=editor)
    place = {"id": row.pk, "user": UserFactory.create().pk, "role": "admin", "instance": instance.pk}

    post(staff, instance, [place], time_zone="UTC")

    row.refresh_from_db()
    assert (row.user, row.role) == (editor, "admin")


def test_demotion_in_the_tenant_ends_keys_to_instances_no_longer_entered(
    staff: Client, instance: Instance, owner: User, ops: User
) -> None:
    leader = person_of(instance, "tenant_admin")
    create_api_key(instance, actor=leader, name="x", scopes=[])
    place = TenantMembership.objects.get(user=leader)
    lowered = {"id": place.pk, "user": leader.pk, "role": "member", "tenant": instance.tenant_id}
    kept = TenantMembership.objects.get(user=owner)

    post(
        staff, instance.tenant, [lowered, {"id": kept.pk, "user": owner.pk, "role": "owner", "tenant": kept.tenant_id}]
    )

    assert ApiKey.objects.get(user=leader).revoked_at
    assert lines(instance.tenant, ops) == [("member.role_changed", leader.email)]


def test_last_owner_of_a_tenant_cannot_be_removed_or_demoted(staff: Client, instance: Instance, owner: User) -> None:
    place = TenantMembership.objects.get(user=owner)
    base = {"id": place.pk, "user": owner.pk, "tenant": place.tenant_id}

    for change in ({"role": "owner", "DELETE": "on"}, {"role": "member"}):
        assert "This is the last owner" in post(staff, instance.tenant, [base | change]).content.decode()
    assert TenantMembership.objects.get(user=owner).role == TenantRole.OWNER


def test_last_active_owner_of_a_tenant_cannot_be_shut_out(staff: Client, instance: Instance, owner: User) -> None:
    page = reverse("admin:accounts_user_change", args=[owner.pk])
    asleep = UserFactory.create(is_active=False)
    TenantMembership.objects.create(user=asleep, tenant=instance.tenant, role=TenantRole.OWNER)

    refused = staff.post(page, {"name": owner.name})

    assert f"This is the last active owner of {instance.tenant.name}" in refused.content.decode()
    owner.refresh_from_db()
    assert owner.is_active
    assert not AuditLogEntry.objects.filter(action="person.disabled").exists()


def test_owner_with_another_active_owner_can_be_shut_out(staff: Client, instance: Instance, owner: User) -> None:
    TenantMembership.objects.create(user=UserFactory.create(), tenant=instance.tenant, role=TenantRole.OWNER)

    staff.post(reverse("admin:accounts_user_change", args=[owner.pk]), {"name": owner.name})

    owner.refresh_from_db()
    assert not owner.is_active


def test_two_factor_policy_changed_in_admin_is_written_down(staff: Client, instance: Instance, ops: User) -> None:
    post(staff, instance.tenant, [], require_two_factor="on")

    line = AuditLogEntry.objects.get(action="tenant.two_factor")
    assert (line.tenant, line.actor, line.detail) == (instance.tenant, ops, {"required": True, "by_staff": True})


def test_tenants_and_people_are_not_deleted_with_their_history(staff: Client, instance: Instance, editor: User) -> None:
    for row in (instance.tenant, editor):
        page = reverse(f"admin:accounts_{row._meta.model_name}_delete", args=[row.pk])
        assert staff.post(page, {"post": "yes"}).status_code == 403


def test_what_staff_do_to_a_person_is_in_the_log_of_each_of_their_tenants(
    staff: Client, instance: Instance, other_instance: Instance, editor: User, ops: User
) -> None:
    TenantMembership.objects.create(user=editor, tenant=other_instance.tenant)

    staff.post(reverse("admin:accounts_user_change", args=[editor.pk]), {"name": editor.name, "is_staff": "on"})

    for tenant in (instance.tenant, other_instance.tenant):
        assert sorted(lines(tenant, ops)) == [
            ("person.disabled", editor.email),
            ("person.staff_granted", editor.email),
        ]


def test_second_factor_removed_in_admin_is_written_down(
    staff: Client, instance: Instance, editor: User, ops: User
) -> None:
    give_second_factor(editor)
    row = Authenticator.objects.get(user=editor)

    staff.post(reverse("admin:mfa_authenticator_delete", args=[row.pk]), {"post": "yes"})

    assert not Authenticator.objects.filter(user=editor).exists()
    assert lines(instance.tenant, ops) == [("person.two_factor_removed", editor.email)]
