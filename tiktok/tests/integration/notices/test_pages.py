"""The bell, the list and the settings: who sees them, what they count, what they cost."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from core.jobs.clock import pinned_clock
from instances.models import Instance, Notice, NotificationPreference
from instances.notices.reading import Bell, bell_of
from instances.scoping import instance_scope
from instances.tests.factories import person_of
from tiktok.models import EventCause, Person, PostState
from tiktok.posts.wording.codes import explain
from tiktok.tests.integration.notices.conftest import Troubled

pytestmark = pytest.mark.django_db
S = PostState
EDGES = ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"]  # no moment in UTC
LIST, BELL, SETTINGS = "/i/aurora/notifications/", "/i/aurora/notifications/bell/", "/i/aurora/settings/notifications/"


@pytest.fixture
def page(client: Client, editor: User) -> Client:
    client.force_login(editor)
    client.get(LIST)  # the first request of a session notes it
    return client


def count(instance: Instance, user: User) -> int:
    with instance_scope(instance):
        return bell_of(user).count


def test_the_list_says_what_happened_what_is_done_and_what_you_can_do(page: Client, troubled: Troubled) -> None:
    troubled(caption="<b>Loaf</b>", error_code="file_format_check_failed")
    settled = troubled(S.NEEDS_ATTENTION, caption="Cake")
    with instance_scope(settled.account.instance):
        settled.transition(S.CANCELLED, cause=EventCause.PERSON, by=Person())

    source = page.get(LIST).content.decode()
    assert "<b>" not in source
    text = unescape(source)
    words = explain("file_format_check_failed")
    for said in ("<b>Loaf</b>", "Bakery", "Failed", "New", words.what, words.does, words.can, "Cake", "Resolved"):
        assert said in text


@pytest.mark.parametrize("posts", [1, 3])
def test_the_list_asks_as_often_for_three_notices_as_for_one(
    page: Client, troubled: Troubled, django_assert_num_queries: DjangoAssertNumQueries, posts: int
) -> None:
    for _ in range(posts):
        troubled()

    with django_assert_num_queries(10):
        assert page.get(LIST).content.decode().count("Mark as read") == posts


@pytest.mark.parametrize("posts", [1, 150])
def test_the_bell_costs_one_statement(
    instance: Instance, editor: User, troubled: Troubled, django_assert_num_queries: DjangoAssertNumQueries, posts: int
) -> None:
    first = troubled()
    with instance_scope(instance):
        Notice.objects.bulk_create(
            Notice(instance=instance, kind="failed", subject_id=first.pk, at=timezone.now()) for _ in range(posts - 1)
        )
        with django_assert_num_queries(1):
            bell = bell_of(editor)

    assert bell.label == {1: "1", 150: "99+"}[posts]


def test_the_poll_tells_what_is_new_once(page: Client, troubled: Troubled) -> None:
    assert "toast" not in page.get(BELL, {"seen": ""}).headers["HX-Trigger"]
    troubled(caption="Loaf", error_code="spam_risk")

    first = page.get(BELL, {"seen": ""})
    news = json.loads(first.headers["HX-Trigger"])
    assert news["unread"] == {"count": 1}
    assert news["toast"] == {"level": "bad", "text": f"A post failed (Loaf). {explain('spam_risk').what}"}
    seen = first.context["bell"].newest.isoformat()
    assert f'value="{seen}"' in first.content.decode()
    assert "toast" not in json.loads(page.get(BELL, {"seen": seen}).headers["HX-Trigger"])

    troubled()
    troubled()
    again = json.loads(page.get(BELL, {"seen": seen}).headers["HX-Trigger"])
    assert (again["unread"]["count"], again["toast"]["text"]) == (3, "2 new notifications")


@pytest.mark.parametrize("seen", ["nonsense", "2026-13-45T99:00", "2026-11-21T12:00:00", "9" * 500, *EDGES])
def test_nonsense_in_the_poll_counts_as_nothing_seen(page: Client, troubled: Troubled, seen: str) -> None:
    troubled()

    assert "toast" in json.loads(page.get(BELL, {"seen": seen}).headers["HX-Trigger"])


def test_opening_one_leads_to_the_post_and_reads_it(
    page: Client, instance: Instance, editor: User, admin: User, troubled: Troubled
) -> None:
    post = troubled()
    with instance_scope(instance):
        notice = Notice.objects.get()

    for _ in range(2):
        answer = page.get(f"{LIST}{notice.pk}/")
        assert answer.headers["Location"] == f"/i/aurora/posts/{post.pk}/"
    assert (count(instance, editor), count(instance, admin)) == (0, 1), "each reads for themselves"


def test_one_is_marked_as_read_and_the_page_stays(
    page: Client, instance: Instance, editor: User, troubled: Troubled
) -> None:
    troubled()
    troubled()
    with instance_scope(instance):
        notice = Notice.objects.latest("at")

    assert page.post(f"{LIST}{notice.pk}/read/", {"page": "2"}).headers["Location"] == f"{LIST}?page=2"
    assert page.post(f"{LIST}{notice.pk}/read/", {"page": "//x"}).headers["Location"] == LIST
    assert count(instance, editor) == 1


def test_all_that_the_page_showed_are_marked_as_read(
    page: Client, instance: Instance, editor: User, troubled: Troubled
) -> None:
    troubled()
    until = page.get(LIST).context["rail"]["bell"].newest.isoformat()
    with pinned_clock(timezone.now() + timedelta(minutes=1)):
        troubled()

    page.post(f"{LIST}read/", {"until": until})
    assert count(instance, editor) == 1, "what came later stays unread"
    for nonsense in ["nonsense", *EDGES]:
        page.post(f"{LIST}read/", {"until": nonsense})
    assert count(instance, editor) == 1
    page.post(f"{LIST}read/", {"until": (timezone.now() + timedelta(hours=1)).isoformat()})
    assert count(instance, editor) == 0


def test_what_is_settled_rings_no_more(instance: Instance, editor: User, troubled: Troubled) -> None:
    post = troubled(S.NEEDS_ATTENTION)
    assert count(instance, editor) == 1
    with instance_scope(instance):
        post.transition(S.CANCELLED, cause=EventCause.PERSON, by=Person(editor))
    assert count(instance, editor) == 0


def test_new_member_does_not_see_older_notifications(instance: Instance, troubled: Troubled) -> None:
    with pinned_clock(timezone.now() - timedelta(days=1)):
        troubled()

    assert count(instance, person_of(instance, "editor")) == 0


def test_viewers_have_the_bell_and_no_email_settings(client: Client, viewer: User, troubled: Troubled) -> None:
    troubled()
    client.force_login(viewer)

    assert client.get("/i/aurora/").context["rail"]["bell"].count == 1
    assert [client.get(path).status_code for path in (LIST, BELL, SETTINGS)] == [200, 200, 403]
    assert "Email notifications" not in client.get(LIST).content.decode()


def test_an_empty_list_says_so(page: Client) -> None:
    assert "No notifications" in page.get(LIST).content.decode()


def test_a_page_whose_session_ended_stops_asking_and_keeps_what_is_written(client: Client, instance: Instance) -> None:
    answer = client.get(BELL, headers={"HX-Request": "true"})

    assert answer.status_code == 286
    assert "HX-Refresh" not in answer.headers


def test_settings_are_each_persons_own(page: Client, instance: Instance, editor: User, settings: LazySettings) -> None:
    settings.EMAIL_URL = "smtp://localhost"
    assert len(re.findall(r'name="mail_\w+"[^>]* checked', page.get(SETTINGS).content.decode())) == 5
    page.post(SETTINGS, {"mail_attention": "on"})

    with instance_scope(instance):
        (mine,) = NotificationPreference.objects.all()
    assert (mine.user_id, mine.mail_failed, mine.mail_attention, mine.mail_reconnect) == (editor.pk, False, True, False)
    page.post(SETTINGS, {})
    text = page.get(SETTINGS).content.decode()
    assert re.search(r'name="mail_\w+"[^>]* checked', text) is None
    assert "Email is not set up" not in text


def test_settings_say_when_no_mail_can_be_sent(page: Client, settings: LazySettings) -> None:
    settings.EMAIL_URL = ""

    assert "Email is not set up" in page.get(SETTINGS).content.decode()


def test_a_bell_without_news_is_quiet() -> None:
    assert Bell(0, None).label == "0"
