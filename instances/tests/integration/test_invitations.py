"""Invitations: one link, one use, seven days, one address."""

import threading
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import TenantRole, User
from instances.access import role_of
from instances.models import Instance, Invitation, Membership, OutgoingMail
from instances.roles import Role
from instances.services import (
    InvitationUnusable,
    LastOwner,
    NotAllowed,
    accept_invitation,
    invite_member,
    remove_member,
    renew_invitation,
    revoke_invitation,
)
from instances.services.invitations import find_invitation
from instances.tests.factories import InstanceFactory, UserFactory, person_of

EMAIL = "new@example.com"


def path_of(link: str) -> str:
    """The link without its host."""
    return "/" + link.split("/", 3)[3]


@pytest.fixture
def newcomer(db: None) -> User:
    return UserFactory.create(email=EMAIL)


@pytest.mark.parametrize("role", list(Role))
def test_an_accepted_invitation_gives_the_role(instance: Instance, owner: User, newcomer: User, role: Role) -> None:
    invited = invite_member(instance, actor=owner, email=EMAIL.upper(), role=role)

    assert accept_invitation(invited.invitation, user=newcomer) == instance

    assert role_of(newcomer, instance) == role


@pytest.mark.parametrize("role", [Role.TENANT_ADMIN, Role.OWNER])
def test_an_admin_invites_up_to_their_own_role(instance: Instance, admin: User, role: Role) -> None:
    invite_member(instance, actor=admin, email=EMAIL, role=Role.ADMIN)

    with pytest.raises(NotAllowed):
        invite_member(instance, actor=admin, email="x@example.com", role=role)


def test_the_token_is_stored_as_a_hash_only(instance: Instance, owner: User) -> None:
    invited = invite_member(instance, actor=owner, email=EMAIL, role=Role.VIEWER)
    token = invited.link.rstrip("/").rsplit("/", 1)[1]

    assert token not in str(Invitation.objects.values_list().get())
    assert find_invitation(token) == invited.invitation


def test_it_lasts_seven_days(instance: Instance, owner: User, newcomer: User) -> None:
    invitation = invite_member(instance, actor=owner, email=EMAIL, role=Role.VIEWER).invitation
    assert timedelta(days=6, hours=23) < invitation.expires_at - timezone.now() <= timedelta(days=7)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    with pytest.raises(InvitationUnusable):
        accept_invitation(invitation, user=newcomer)

    assert role_of(newcomer, instance) is None


def test_it_works_once(instance: Instance, owner: User, newcomer: User) -> None:
    invitation = invite_member(instance, actor=owner, email=EMAIL, role=Role.VIEWER).invitation
    accept_invitation(invitation, user=newcomer)
    Membership.objects.all().delete()

    with pytest.raises(InvitationUnusable):
        accept_invitation(invitation, user=newcomer)


def test_it_is_for_its_address_alone(instance: Instance, owner: User, outsider: User) -> None:
    invitation = invite_member(instance, actor=owner, email=EMAIL, role=Role.VIEWER).invitation

    with pytest.raises(InvitationUnusable):
        accept_invitation(invitation, user=outsider)

    assert role_of(outsider, instance) is None


def test_a_revoked_one_is_worth_nothing(instance: Instance, owner: User, newcomer: User) -> None:
    invitation = invite_member(instance, actor=owner, email=EMAIL, role=Role.VIEWER).invitation
    revoke_invitation(instance, invitation, actor=owner)

    with pytest.raises(InvitationUnusable):
        accept_invitation(invitation, user=newcomer)


def test_inviting_again_leaves_one_link(instance: Instance, owner: User) -> None:
    first = invite_member(instance, actor=owner, email=EMAIL, role=Role.VIEWER)
    second = invite_member(instance, actor=owner, email=EMAIL, role=Role.EDITOR)

    first.invitation.refresh_from_db()
    assert first.invitation.revoked_at is not None
    assert second.invitation.revoked_at is None


def test_a_new_link_ends_the_old_one(client: Client, instance: Instance, owner: User) -> None:
    first = invite_member(instance, actor=owner, email=EMAIL, role=Role.VIEWER)
    second = renew_invitation(instance, first.invitation, actor=owner)

    assert client.get(path_of(first.link)).status_code == 404
    assert client.get(path_of(second.link)).status_code == 200


def test_an_admin_cannot_renew_or_revoke_what_gives_more_than_their_role(
    instance: Instance, owner: User, admin: User
) -> None:
    invitation = invite_member(instance, actor=owner, email=EMAIL, role=Role.OWNER).invitation

    with pytest.raises(NotAllowed):
        renew_invitation(instance, invitation, actor=admin)
    with pytest.raises(NotAllowed):
        revoke_invitation(instance, invitation, actor=admin)


def test_a_member_is_not_invited_again(instance: Instance, owner: User, viewer: User) -> None:
    with pytest.raises(NotAllowed, match="member already"):
        invite_member(instance, actor=owner, email=viewer.email, role=Role.ADMIN)


def test_a_higher_role_that_is_there_stays(instance: Instance, owner: User, newcomer: User) -> None:
    invitation = invite_member(instance, actor=owner, email=EMAIL, role=Role.VIEWER).invitation
    Membership.objects.create(user=newcomer, instance=instance, role="admin")

    accept_invitation(invitation, user=newcomer)

    assert role_of(newcomer, instance) == Role.ADMIN


def test_without_mail_the_page_shows_the_link(client: Client, instance: Instance, owner: User) -> None:
    client.force_login(owner)
    page = client.post("/i/aurora/settings/members/", {"email": EMAIL, "role": "editor"})

    assert page.status_code == 200
    link = page.context["invited"].link
    assert link in page.content.decode()
    assert not OutgoingMail.objects.exists()
    assert link not in client.get("/i/aurora/settings/members/").content.decode()


def test_with_mail_the_link_is_sent_and_not_shown(
    client: Client, instance: Instance, owner: User, settings: LazySettings
) -> None:
    settings.EMAIL_URL = "smtp://localhost"
    client.force_login(owner)
    page = client.post("/i/aurora/settings/members/", {"email": EMAIL, "role": "editor"})

    mail = OutgoingMail.objects.get()
    link = page.context["invited"].link
    assert mail.to == EMAIL
    assert link in mail.text
    assert link not in page.content.decode()


def test_the_page_says_what_is_wrong(client: Client, instance: Instance, owner: User, outsider: User) -> None:
    invited = invite_member(instance, actor=owner, email=EMAIL, role=Role.VIEWER)
    path = path_of(invited.link)

    assert "Create an account" in client.get(path).content.decode()
    client.force_login(outsider)
    assert "for somebody else" in client.get(path).content.decode()
    assert client.post(path).status_code == 200
    client.logout()
    Invitation.objects.update(expires_at=timezone.now())
    assert "has expired" in client.get(path).content.decode()
    Invitation.objects.update(revoked_at=timezone.now())
    assert "taken back" in client.get(path).content.decode()
    Invitation.objects.update(accepted_at=timezone.now())
    page = client.get(path)
    assert "used already" in page.content.decode()
    assert page.status_code == 410
    assert client.get("/invite/no-such-link/").status_code == 404
    assert role_of(outsider, instance) is None


def test_the_right_person_accepts_by_a_button(client: Client, instance: Instance, owner: User, newcomer: User) -> None:
    path = path_of(invite_member(instance, actor=owner, email=EMAIL, role=Role.EDITOR).link)
    client.force_login(newcomer)

    assert "Accept invitation" in client.get(path).content.decode()
    assert role_of(newcomer, instance) is None  # looking is not accepting

    assert client.post(path)["Location"] == "/i/aurora/"
    assert role_of(newcomer, instance) == Role.EDITOR


def test_an_open_invitation_of_a_tenant_role_shows_in_all_its_instances(
    client: Client, instance: Instance, owner: User
) -> None:
    InstanceFactory.create(tenant=instance.tenant, slug="second")
    invite_member(instance, actor=owner, email=EMAIL, role=Role.TENANT_ADMIN)
    client.force_login(owner)

    assert EMAIL in client.get("/i/second/settings/members/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_of_two_at_the_same_moment_one_is_accepted() -> None:
    instance = InstanceFactory.create()
    boss = person_of(instance, "owner")
    person = UserFactory.create(email=EMAIL)
    invitation = invite_member(instance, actor=boss, email=EMAIL, role=Role.EDITOR).invitation
    start, results = threading.Barrier(2), []

    def accept() -> None:
        try:
            start.wait(timeout=10)
            accept_invitation(Invitation.objects.get(pk=invitation.pk), user=person)
            results.append("accepted")
        except InvitationUnusable:
            results.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=accept) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert sorted(results) == ["accepted", "refused"]
    assert Membership.objects.filter(user=person).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_owners_who_leave_at_the_same_moment_one_stays() -> None:
    from_instance = InstanceFactory.create()
    people = [person_of(from_instance, "owner") for _ in range(2)]
    start, results = threading.Barrier(2), []

    def leave(person: User) -> None:
        try:
            start.wait(timeout=10)
            remove_member(from_instance, actor=person, member=person)
            results.append("left")
        except LastOwner:
            results.append("stayed")
        finally:
            connection.close()

    threads = [threading.Thread(target=leave, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert sorted(results) == ["left", "stayed"]
    assert from_instance.tenant.memberships.filter(role=TenantRole.OWNER).count() == 1
