"""Invitations: one link, one use, seven days, one address."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.db import connection
from django.db.models import F
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from accounts.models import AuditLogEntry, TenantRole, User
from core.models import OutgoingMail
from core.web.times import dated_text
from instances.access import role_of
from instances.models import Instance, Invitation, Membership
from instances.refusals import TooManyInvitations
from instances.roles import ROLES, Role
from instances.services import (
    InvitationUnusable,
    LastOwner,
    NotAllowed,
    accept_invitation,
    invite_first_owner,
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
def test_accepted_invitation_gives_the_role(instance: Instance, owner: User, newcomer: User, role: Role) -> None:
    invited = invite_member(instance, actor=owner, email=EMAIL.upper(), role=role)

    assert accept_invitation(invited.invitation, user=newcomer) == instance

    assert role_of(newcomer, instance) == role


@pytest.mark.parametrize("role", [Role.TENANT_ADMIN, Role.OWNER])
def test_admin_invites_up_to_their_own_role(instance: Instance, admin: User, role: Role) -> None:
    invite_member(instance, actor=admin, email=EMAIL, role=Role.ADMIN)

    with pytest.raises(NotAllowed):
        invite_member(instance, actor=admin, email="x@example.com", role=role)


def test_token_is_stored_as_a_hash_only(instance: Instance, owner: User) -> None:
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


def test_revoked_one_is_worth_nothing(instance: Instance, owner: User, newcomer: User) -> None:
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


def test_new_link_ends_the_old_one(client: Client, instance: Instance, owner: User) -> None:
    first = invite_member(instance, actor=owner, email=EMAIL, role=Role.VIEWER)
    second = renew_invitation(instance, first.invitation, actor=owner)

    assert client.get(path_of(first.link)).status_code == 404
    assert client.get(path_of(second.link)).status_code == 200


def test_admin_cannot_renew_or_revoke_what_gives_more_than_their_role(
    instance: Instance, owner: User, admin: User
) -> None:
    invitation = invite_member(instance, actor=owner, email=EMAIL, role=Role.OWNER).invitation

    with pytest.raises(NotAllowed):
        renew_invitation(instance, invitation, actor=admin)
    with pytest.raises(NotAllowed):
        revoke_invitation(instance, invitation, actor=admin)


def test_member_is_not_invited_again(instance: Instance, owner: User, viewer: User) -> None:
    with pytest.raises(NotAllowed, match="already a member"):
        invite_member(instance, actor=owner, email=viewer.email, role=Role.ADMIN)


def test_higher_role_that_is_there_stays(instance: Instance, owner: User, newcomer: User) -> None:
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


@pytest.fixture
def with_mail(settings: LazySettings) -> None:
    settings.EMAIL_URL = "smtp://localhost"


@pytest.mark.usefixtures("with_mail")
def test_mail_carries_names_quoted_on_one_line_without_links(instance: Instance, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(name="Security Team\n\nUnlock here: https://evil.example/login" + "!" * 40)
    Instance.objects.filter(pk=instance.pk).update(name="Win\r\nwww.evil.example “now”")
    owner.refresh_from_db()
    instance.refresh_from_db()

    invited = invite_member(instance, actor=owner, email=EMAIL, role=Role.EDITOR)

    mail = OutgoingMail.objects.get()
    name = "Security Team Unlock here: evil example/login!!!!!!!!!!!!!!…"
    assert len(name) == 60
    assert mail.subject == f"“{name}” invited you to “Win www evil example 'now'”"
    first = f"“{name}” ({owner.email}) invited you to work in “Win www evil example 'now'” on Clipdesk."
    role = f"Your role: Editor. {ROLES[Role.EDITOR].summary}"
    assert mail.text.splitlines()[:5] == [first, "", role, "", invited.link]


@pytest.mark.usefixtures("with_mail")
def test_mail_and_page_say_until_when_in_the_zone_of_the_instance(
    client: Client, instance: Instance, owner: User
) -> None:
    Instance.objects.filter(pk=instance.pk).update(time_zone="Asia/Tokyo")
    instance.refresh_from_db()
    invited = invite_member(instance, actor=owner, email=EMAIL, role=Role.EDITOR)
    Invitation.objects.update(expires_at=datetime(2035, 1, 1, 20, 30, tzinfo=UTC))
    with timezone.override(instance.zone):
        sent = dated_text(timezone.localtime(invited.invitation.expires_at))

    page = client.get(path_of(invited.link)).content.decode()

    assert f"It works once and expires on {sent} (Asia/Tokyo)." in OutgoingMail.objects.get().text
    assert "Tue 2 Jan 2035, 05:30" in page
    assert escape(str(ROLES[Role.EDITOR].summary)) in page
    assert f"({owner.email}) invited you to work in" in page


@pytest.mark.usefixtures("with_mail")
def test_renewed_invitation_says_its_new_end(instance: Instance, owner: User) -> None:
    invited = invite_member(instance, actor=owner, email=EMAIL, role=Role.EDITOR)
    past = timezone.now() - timedelta(days=8)
    Invitation.objects.update(expires_at=past, created_at=past)
    OutgoingMail.objects.all().delete()

    renew_invitation(instance, invited.invitation, actor=owner)

    end = Invitation.objects.get().expires_at
    assert f"expires on {dated_text(end)} (UTC)." in OutgoingMail.objects.get().text


@pytest.mark.usefixtures("with_mail")
def test_one_address_gets_one_invitation_in_ten_minutes(instance: Instance, owner: User, outsider: User) -> None:
    other = Instance.objects.get(slug="borealis")
    first = invite_member(instance, actor=owner, email=EMAIL, role=Role.VIEWER).invitation

    with pytest.raises(TooManyInvitations, match="10 minutes"):
        invite_member(other, actor=outsider, email=EMAIL.upper(), role=Role.VIEWER)
    with pytest.raises(TooManyInvitations):
        renew_invitation(instance, first, actor=owner)
    revoke_invitation(instance, first, actor=owner)
    with pytest.raises(TooManyInvitations):
        invite_member(instance, actor=owner, email=EMAIL, role=Role.VIEWER)

    assert OutgoingMail.objects.count() == 1
    Invitation.objects.update(expires_at=F("expires_at") - timedelta(minutes=10))
    invite_member(other, actor=outsider, email=EMAIL, role=Role.VIEWER)


@pytest.mark.parametrize("renews", [True, False])
def test_one_person_sends_twenty_invitations_an_hour(instance: Instance, owner: User, renews: bool) -> None:
    first = invite_member(instance, actor=owner, email=EMAIL, role=Role.VIEWER).invitation
    for number in range(19):
        if renews:
            renew_invitation(instance, first, actor=owner)
        else:
            invite_member(instance, actor=owner, email=f"n{number}@example.com", role=Role.VIEWER)

    with pytest.raises(TooManyInvitations, match="Try again in 60 minutes"):
        renew_invitation(instance, first, actor=owner)
    with pytest.raises(TooManyInvitations):
        invite_member(instance, actor=owner, email="late@example.com", role=Role.VIEWER)
    AuditLogEntry.objects.update(at=F("at") - timedelta(hours=1))
    invite_member(instance, actor=owner, email="late@example.com", role=Role.VIEWER)


def test_one_tenant_sends_sixty_invitations_an_hour(instance: Instance, owner: User) -> None:
    people = [owner, *(person_of(instance, "owner") for _ in range(3))]
    for number in range(60):
        invite_member(instance, actor=people[number % 3], email=f"n{number}@example.com", role=Role.VIEWER)

    with pytest.raises(TooManyInvitations):
        invite_member(instance, actor=people[3], email="late@example.com", role=Role.VIEWER)


def test_members_page_says_when_to_invite_again(client: Client, instance: Instance, owner: User) -> None:
    for number in range(20):
        invite_member(instance, actor=owner, email=f"n{number}@example.com", role=Role.VIEWER)
    client.force_login(owner)

    page = client.post("/i/aurora/settings/members/", {"email": EMAIL, "role": "editor"})

    assert "Too many invitations in one hour. Try again in 60 minutes." in page.content.decode()
    assert not Invitation.objects.filter(email=EMAIL).exists()


def test_renewed_operators_link_gives_no_staff_rights(instance: Instance, owner: User, newcomer: User) -> None:
    invitation = invite_first_owner(instance, email=EMAIL, gives_staff=True).invitation
    renewed = renew_invitation(instance, invitation, actor=owner).invitation
    renewed.refresh_from_db()

    accept_invitation(renewed, user=newcomer)

    newcomer.refresh_from_db()
    assert not newcomer.is_staff


def test_page_says_what_is_wrong(client: Client, instance: Instance, owner: User, outsider: User) -> None:
    invited = invite_member(instance, actor=owner, email=EMAIL, role=Role.VIEWER)
    path = path_of(invited.link)

    assert "Create an account" in client.get(path).content.decode()
    client.force_login(outsider)
    assert "for another address" in client.get(path).content.decode()
    assert client.post(path).status_code == 200
    client.logout()
    Invitation.objects.update(expires_at=timezone.now())
    assert "has expired" in client.get(path).content.decode()
    Invitation.objects.update(revoked_at=timezone.now())
    assert "was revoked" in client.get(path).content.decode()
    Invitation.objects.update(accepted_at=timezone.now())
    page = client.get(path)
    assert "already used" in page.content.decode()
    assert page.status_code == 410
    assert client.get("/invite/no-such-link/").status_code == 404
    assert role_of(outsider, instance) is None


def test_right_person_accepts_by_a_button(client: Client, instance: Instance, owner: User, newcomer: User) -> None:
    path = path_of(invite_member(instance, actor=owner, email=EMAIL, role=Role.EDITOR).link)
    client.force_login(newcomer)

    assert "Accept invitation" in client.get(path).content.decode()
    assert role_of(newcomer, instance) is None  # looking is not accepting

    assert client.post(path)["Location"] == "/i/aurora/"
    assert role_of(newcomer, instance) == Role.EDITOR


def test_open_invitation_of_a_tenant_role_shows_in_all_its_instances(
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
