"""A person has one address, and both the old and the new one confirm a change."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditLogEntry, EmailChange, Tenant, TenantMembership, TenantRole, User
from core.models import OutgoingMail

OLD, NEW, PASSWORD = "maren@example.com", "maren@new.example", "correct horse battery"
EMAIL = "/auth/email/"


@pytest.fixture
def person(db: None) -> User:
    user = User.objects.create_user(OLD, PASSWORD)
    EmailAddress.objects.create(user=user, email=OLD, primary=True, verified=True)
    TenantMembership.objects.create(user=user, tenant=Tenant.objects.create(name="Aurora"), role=TenantRole.OWNER)
    return user


@pytest.fixture
def with_mail(settings: Settings) -> None:
    settings.EMAIL_URL = "smtp://localhost"


@pytest.fixture
def client(person: User) -> Client:
    """Signed in and re-authenticated a moment ago."""
    client = Client()
    client.post("/auth/login/", {"login": OLD, "password": PASSWORD})
    client.post("/auth/reauthenticate/", {"password": PASSWORD})
    return client


def mails() -> list[tuple[str, str]]:
    """Return address and text of each email that waits, oldest first."""
    from_rows = OutgoingMail.objects.order_by("created_at", "pk")
    return [(row.to, row.text) for row in from_rows]


def link_for(address: str) -> str:
    texts = [text for to, text in mails() if to == address and "/auth/email/change/" in text]
    (path,) = re.findall(r"/auth/email/change/[\w-]+/", texts[-1])
    return str(path)


def ask(client: Client, address: str = NEW) -> None:
    assert client.post(EMAIL, {"email": address}).status_code == 302


def test_address_changes_once_both_have_confirmed(client: Client, person: User, with_mail: None) -> None:
    ask(client)
    stranger = Client()
    assert stranger.post(link_for(OLD)).status_code == 200
    person.refresh_from_db()
    assert person.email == OLD

    assert stranger.post(link_for(NEW)).status_code == 200

    person.refresh_from_db()
    assert person.email == NEW
    assert list(EmailAddress.objects.filter(user=person).values_list("email", "primary", "verified")) == [
        (NEW, True, True)
    ]
    assert [to for to, text in mails() if f"changed from {OLD} to {NEW}" in text] == [OLD]
    assert AuditLogEntry.objects.filter(action="address.changed").count() == 1


def test_without_the_old_address_nothing_changes(client: Client, person: User, with_mail: None) -> None:
    ask(client)

    assert [to for to, _text in mails()] == [OLD]
    Client().post("/auth/password/reset/", {"email": NEW})
    assert [to for to, text in mails() if "/password/reset/key/" in text] == []
    assert not Client().login(email=NEW, password=PASSWORD)
    assert list(EmailAddress.objects.values_list("email", flat=True)) == [OLD]


def test_opening_a_link_changes_nothing_until_the_button_is_pressed(
    client: Client, person: User, with_mail: None
) -> None:
    ask(client)

    for _time in range(2):
        page = Client().get(link_for(OLD))
        assert (page.status_code, NEW in page.content.decode()) == (200, True)

    assert EmailChange.objects.get().step == EmailChange.Step.OLD


@pytest.mark.parametrize("ending", ["used", "replaced", "canceled", "expired", "address changed", "disabled"])
def test_link_that_has_ended_does_nothing(client: Client, person: User, with_mail: None, ending: str) -> None:
    ask(client)
    link = link_for(OLD)
    if ending == "used":
        Client().post(link)
    elif ending == "replaced":
        ask(client, "other@new.example")
    elif ending == "canceled":
        client.post(EMAIL, {"cancel": "1"})
    elif ending == "expired":
        EmailChange.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif ending == "address changed":
        User.objects.filter(pk=person.pk).update(email="third@example.com")
    else:
        User.objects.filter(pk=person.pk).update(is_active=False)
    before = len(mails())

    answers = [Client().get(link).status_code, Client().post(link).status_code]

    assert answers == [410, 410]
    assert len(mails()) == before


def test_asking_needs_the_password_again(person: User, with_mail: None) -> None:
    client = Client()
    client.force_login(person)

    answer = client.post(EMAIL, {"email": NEW})

    assert answer.status_code == 302
    assert "/auth/reauthenticate/" in answer["Location"]
    assert EmailChange.objects.count() == 0


def test_address_of_another_person_gets_the_same_answer(client: Client, person: User, with_mail: None) -> None:
    User.objects.create_user("taken@example.com", PASSWORD)
    ask(client, "taken@example.com")

    assert Client().post(link_for(OLD)).status_code == 200

    told = [text for to, text in mails() if to == "taken@example.com"]
    assert len(told) == 1
    assert "/auth/email/change/" not in told[0]
    person.refresh_from_db()
    assert person.email == OLD


def test_address_taken_in_between_is_refused(client: Client, person: User, with_mail: None) -> None:
    ask(client)
    Client().post(link_for(OLD))
    link = link_for(NEW)
    User.objects.create_user(NEW, PASSWORD)

    answer = Client().post(link)

    assert answer.status_code == 410
    assert "This address cannot be used" in answer.content.decode()


def test_without_mail_the_change_is_made_at_once(client: Client, person: User, settings: Settings) -> None:
    settings.EMAIL_URL = ""
    User.objects.create_user("taken@example.com", PASSWORD)

    assert client.post(EMAIL, {"email": "taken@example.com"}).status_code == 422
    ask(client)

    person.refresh_from_db()
    assert person.email == NEW
    assert (len(mail.outbox), mails()) == (0, [])


def test_page_shows_the_change_that_waits_and_cancels_it(client: Client, person: User, with_mail: None) -> None:
    ask(client)
    assert "Change in progress" in client.get(EMAIL).content.decode()

    client.post(EMAIL, {"cancel": "1"})

    assert "Change in progress" not in client.get(EMAIL).content.decode()


@pytest.mark.parametrize("bad", ["", "nonsense", OLD, OLD.upper(), "x" * 250 + "@example.com", "a\0b@example.com"])
def test_bad_address_is_named_at_its_field(client: Client, person: User, with_mail: None, bad: str) -> None:
    assert client.post(EMAIL, {"email": bad}).status_code == 422
    assert EmailChange.objects.count() == 0
