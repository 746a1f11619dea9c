"""A page that a browser only prefetches changes nothing: nothing is written, chosen, read or shown once too few."""

import json
import uuid

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.web.speculation import RULES, RULES_PATH
from instances.models import Instance, Notice, NoticeKind, NoticeRead
from instances.scoping import instance_scope

PREFETCH = "prefetch"


@pytest.fixture
def at_desk(client: Client, owner: User, instance: Instance) -> Client:
    """The owner's browser, on Home."""
    client.force_login(owner)
    assert client.get(f"/i/{instance.slug}/").status_code == 200
    return client


def test_pages_name_the_rules_and_files_do_not(at_desk: Client, instance: Instance) -> None:
    assert at_desk.get(f"/i/{instance.slug}/posts/").headers["Speculation-Rules"] == f'"{RULES_PATH}"'
    answer = at_desk.get(RULES_PATH)
    assert "Speculation-Rules" not in answer.headers
    assert answer.headers["Content-Type"] == "application/speculationrules+json"
    assert json.loads(answer.content) == RULES
    assert reverse("instances:speculation-rules") == RULES_PATH


@pytest.mark.parametrize("purpose", ["prefetch", "prefetch;prerender"])
@pytest.mark.parametrize("page", ["", "posts/", "media/", "notifications/", "settings/general/"])
def test_prefetched_page_is_the_page(at_desk: Client, instance: Instance, page: str, purpose: str) -> None:
    answer = at_desk.get(f"/i/{instance.slug}/{page}", headers={"Sec-Purpose": purpose})

    assert answer.status_code == 200
    assert b"</html>" in answer.content


@pytest.mark.django_db(transaction=True)  # as in production, where a refused write ends its own transaction alone
def test_prefetch_marks_no_notification_as_read(at_desk: Client, instance: Instance) -> None:
    with instance_scope(instance):
        notice = Notice.objects.create(
            instance=instance, kind=NoticeKind.FAILED, subject_id=uuid.uuid4(), at=timezone.now()
        )
    address = reverse("instances:notice-open", args=[instance.slug, notice.pk])

    assert at_desk.get(address, headers={"Sec-Purpose": PREFETCH}).status_code == 503
    with instance_scope(instance):
        assert not NoticeRead.objects.exists()
    assert at_desk.get(address).status_code == 302
    with instance_scope(instance):
        assert NoticeRead.objects.count() == 1


def test_refusal_is_no_error_in_the_log(at_desk: Client, instance: Instance, caplog: pytest.LogCaptureFixture) -> None:
    at_desk.get(f"/i/{instance.slug}/posts/?account=", headers={"Sec-Purpose": PREFETCH})

    assert [record for record in caplog.records if record.name == "django.request"] == []


def test_prefetch_does_not_choose_an_account(at_desk: Client, instance: Instance) -> None:
    address = f"/i/{instance.slug}/posts/?account="

    assert at_desk.get(address, headers={"Sec-Purpose": PREFETCH}).status_code == 503
    assert "selected_accounts" not in at_desk.session
    assert at_desk.get(address).status_code == 200
    assert "selected_accounts" in at_desk.session


def test_prefetch_leaves_messages_for_the_page_that_is_seen(at_desk: Client, instance: Instance) -> None:
    at_desk.post(f"/i/{instance.slug}/settings/general/", {"name": "Aurora", "time_zone": "Europe/Berlin"})
    address = f"/i/{instance.slug}/"

    assert at_desk.get(address, headers={"Sec-Purpose": PREFETCH}).status_code == 503
    assert b"Saved." in at_desk.get(address).content
    assert at_desk.get(address, headers={"Sec-Purpose": PREFETCH}).status_code == 200
