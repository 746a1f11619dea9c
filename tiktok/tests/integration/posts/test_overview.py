"""/instances/: the state of every instance of a person and of no others, in few statements and few bytes."""

import gzip
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Tenant, User
from instances.models import Instance
from instances.overview import Overview, Row
from instances.roles import Role
from instances.scoping import instance_scope
from instances.services.members import set_role
from instances.tests.factories import InstanceFactory, person_of
from tiktok.models import AttentionReason, Post, PostState, TikTokApp
from tiktok.tests.crowd import make_crowd, make_posts
from tiktok.tests.factories import CredentialFactory, TikTokAppFactory, make_account, make_post

pytestmark = pytest.mark.django_db
PAGE, ROWS = "/instances/", "/instances/rows/"
STATES = [PostState.SCHEDULED, PostState.NEEDS_ATTENTION, PostState.FAILED, PostState.PUBLISHED, PostState.DRAFT]


@pytest.fixture
def app(db: None) -> TikTokApp:
    return TikTokAppFactory.create(is_audited=True)


@pytest.fixture
def page(client: Client, owner: User) -> Client:
    client.force_login(owner)
    client.get(ROWS)  # the first request of a session notes it
    return client


def rows_of(client: Client, **query: str) -> list[Row]:
    return list(client.get(PAGE, query).context["desk"].page)


def overview_of(client: Client, slug: str = "aurora") -> Overview:
    return next(row.overview for row in rows_of(client) if row.instance.slug == slug)


def texts(overview: Overview) -> list[str]:
    return [alarm.text for alarm in overview.alarms]


@pytest.mark.parametrize("number", [1, 50])
def test_fifty_instances_take_few_statements_and_few_bytes(
    page: Client, instance: Instance, app: TikTokApp, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(number):
        client = InstanceFactory.create(tenant=instance.tenant, name=f"Client {n}")
        account = make_crowd(client, 6, app)[0]
        make_posts(account, STATES)

    with django_assert_num_queries(7):
        answer = page.get(PAGE)
    with django_assert_num_queries(6):
        page.get(ROWS)

    assert answer.content.decode().count("<tr>") == 1 + min(50, 1 + number)
    assert len(gzip.compress(answer.content)) < 60_000


def test_overview_shows_accounts_posts_and_what_needs_attention(
    page: Client, instance: Instance, app: TikTokApp
) -> None:
    with instance_scope(instance):
        account = make_account(instance, credential=CredentialFactory.create(app=app))
        soon = CredentialFactory.create(app=app, refresh_expires_at=timezone.now() + timedelta(days=3))
        make_account(instance, credential=soon)
        less = CredentialFactory.create(app=app, scopes=["user.info.basic"], refresh_expires_at=soon.refresh_expires_at)
        make_account(instance, credential=less)
        for status in ("reconnect_needed", "disconnected"):
            make_account(instance, credential=CredentialFactory.create(app=app), status=status)
    make_posts(account, [*STATES, PostState.SCHEDULED, PostState.WAITING_ACCOUNT, PostState.PUBLISHED])
    with instance_scope(instance):
        make_post(account, state=PostState.NEEDS_ATTENTION, attention_reason=AttentionReason.QUARANTINED)
        make_post(account, state=PostState.NEEDS_ATTENTION, attention_reason="bug", dismissed_at=timezone.now())
        next_at = Post.objects.filter(state=PostState.SCHEDULED).earliest("publish_at").publish_at
        last_at = Post.objects.filter(published_at__isnull=False).latest("published_at").published_at

    told = overview_of(page)

    assert [tally.text for tally in told.tallies] == ["1 active", "1 can’t publish", "1 expiring", "1 to reconnect"]
    assert texts(told) == [
        "1 account needs to be reconnected", "1 post failed this week", "1 post needs attention",
        "1 post is held after a restore", "1 post is waiting for its account", "1 account can’t publish",
        "1 TikTok authorization expires soon",
    ]  # fmt: skip
    assert (told.accounts, told.next_at, told.last_at) == (4, next_at, last_at)
    for alarm in told.alarms:
        assert page.get(f"/i/aurora/{alarm.path}").status_code == 200


def test_failed_post_leaves_the_count_after_a_week_or_once_reposted(
    page: Client, instance: Instance, app: TikTokApp
) -> None:
    with instance_scope(instance):
        account = make_account(instance, credential=CredentialFactory.create(app=app))
        reposted, old, recent = (make_post(account, state=PostState.FAILED) for _ in range(3))
        make_post(account, corrects=reposted, state=PostState.DUE)
        make_post(account, corrects=recent, state=PostState.DRAFT)
        Post.objects.filter(pk=old.pk).update(updated_at=timezone.now() - timedelta(days=8))
        assert recent.state == PostState.FAILED

    assert texts(overview_of(page)) == ["1 post failed this week"]


def test_instances_without_a_membership_are_not_shown(
    client: Client, instance: Instance, other_instance: Instance, app: TikTokApp, editor: User, viewer: User
) -> None:
    sibling = InstanceFactory.create(tenant=instance.tenant, name="Calypso")
    for place in (sibling, other_instance):
        make_posts(make_crowd(place, 30, app)[0], STATES)

    for person in (editor, viewer):
        client.force_login(person)
        rows = rows_of(client)
        assert [row.instance for row in rows] == [instance]
        assert rows[0].overview == Overview()
        text = client.get(PAGE).content.decode() + client.get(ROWS).content.decode()
        assert re.findall("Calypso|Borealis|reconnect_needed|to reconnect", text) == []


def test_overview_is_hidden_without_the_required_second_factor(
    page: Client, instance: Instance, app: TikTokApp
) -> None:
    make_posts(make_crowd(instance, 30, app)[0], STATES)
    Tenant.objects.filter(pk=instance.tenant_id).update(require_two_factor=True)

    row = rows_of(page)[0]

    assert (row.is_locked, row.overview) == (True, Overview())
    text = page.get(PAGE).content.decode()
    assert "Requires two-factor sign-in" in text
    assert "to reconnect" not in text


def test_warnings_come_first_and_can_be_shown_alone(page: Client, instance: Instance, app: TikTokApp) -> None:
    def add(name: str, states: list[PostState]) -> None:
        place = InstanceFactory.create(tenant=instance.tenant, name=name, slug=name.lower())
        make_posts(make_crowd(place, 1, app)[0], states)

    add("Birch", [PostState.FAILED])
    add("Zebra", [PostState.FAILED, PostState.WAITING_ACCOUNT])
    add("Cedar", [PostState.NEEDS_ATTENTION, PostState.SCHEDULED])

    def names(**query: str) -> list[str]:
        return [row.instance.name for row in rows_of(page, **query)]

    assert names() == ["Zebra", "Birch", "Cedar", "Aurora"]
    assert names(sort="name") == ["Aurora", "Birch", "Cedar", "Zebra"]
    assert names(sort="next")[0] == "Cedar"
    assert names(show="alarms") == ["Zebra", "Birch", "Cedar"]
    assert names(q="CED") == ["Cedar"]
    assert names(q="ced", show="alarms", sort="nonsense", page="x") == ["Cedar"]
    assert names(q=instance.tenant.name) == names()
    assert "Nothing needs attention" in page.get(PAGE, {"q": "aurora", "show": "alarms"}).content.decode()
    assert "No instance matches" in page.get(PAGE, {"q": "nobody"}).content.decode()
    part = page.get(ROWS, {"q": "ced", "sort": "name"}, headers={"hx-request": "true"})
    assert part["HX-Push-Url"] == "/instances/?q=ced&sort=name"
    assert "<html" not in part.content.decode()


def test_who_is_in_several_tenants_sees_them_tenant_by_tenant(
    client: Client, instance: Instance, other_instance: Instance, owner: User
) -> None:
    client.force_login(owner)
    assert "team-" not in client.get(PAGE).content.decode()
    second = InstanceFactory.create(tenant=Tenant.objects.create(name="AAA First"), name="Zulu")
    person = person_of(second, "owner")
    set_role(other_instance, member=person, role=Role.VIEWER)
    client.force_login(person)

    assert [row.instance for row in rows_of(client)] == [second, other_instance]
    text = client.get(PAGE).content.decode()
    assert text.index("AAA First") < text.index(other_instance.tenant.name)
