"""A creator's posts and an app's posting accounts of the last 24 hours: card, composer, back office."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from instances.models import Instance
from instances.scoping import instance_scope
from instances.tests.sign_in import give_second_factor, sign_in_again
from tiktok.access import quota
from tiktok.models import TikTokAccount, TikTokApp
from tiktok.tests.factories import CredentialFactory, TikTokAppFactory, make_account, make_post, make_submission

pytestmark = pytest.mark.django_db
CARDS = "/i/aurora/accounts/"
BACK_OFFICE = "/admin/tiktok/tiktokapp/"


def sent(account: TikTokAccount, posts: int) -> None:
    """So many posts handed over to TikTok just now."""
    now = timezone.now()
    with instance_scope(account.instance):
        for number in range(posts):
            post = make_post(account, state="published")
            make_submission(post, number=number + 1, init_answered_at=now, commit_point_at=now, closed_at=now,
                            closed_because="published")  # fmt: skip


def others_posted(app: TikTokApp, instance: Instance, accounts: int) -> None:
    """So many accounts of another instance posted through the app."""
    with instance_scope(instance):
        there = [make_account(instance, credential=CredentialFactory.create(app=app)) for _ in range(accounts)]
    for account in there:
        sent(account, 1)


def text_of(client: Client, person: User, path: str) -> str:
    sign_in_again(client, person)
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def page_of(account: TikTokAccount) -> str:
    return f"{CARDS}{account.pk}/"


@pytest.fixture
def composer(linked: TikTokAccount) -> str:
    return f"/i/aurora/posts/new/?to={linked.pk}"


@pytest.fixture
def staff(owner: User) -> User:
    owner.is_staff = owner.is_superuser = True
    owner.save()
    give_second_factor(owner)
    return owner


@pytest.mark.parametrize(("posts", "warns"), [(1, False), (14, False), (15, True)])
def test_fifteenth_post_of_a_day_is_warned_of(
    client: Client, viewer: User, editor: User, linked: TikTokAccount, composer: str, posts: int, warns: bool
) -> None:
    sent(linked, posts)
    said = f"{posts} post{'s' if posts > 1 else ''} in the last 24 hours; TikTok allows about 15 across all apps."
    for page in (text_of(client, viewer, page_of(linked)), text_of(client, editor, composer)):
        assert page.count(said) == 1
        assert ("callout tone-warn" in page) == warns


def test_what_was_refused_or_is_older_does_not_count(
    client: Client, viewer: User, linked: TikTokAccount, instance: Instance
) -> None:
    long_ago = timezone.now() - timedelta(hours=24, minutes=1)
    with instance_scope(instance):
        make_submission(make_post(linked), commit_point_at=long_ago, init_answered_at=long_ago)
        make_submission(
            make_post(linked), commit_point_at=timezone.now(), closed_at=timezone.now(), closed_because="failed"
        )
    assert "0 posts in the last 24 hours" in text_of(client, viewer, page_of(linked))


@pytest.mark.parametrize(
    ("others", "is_among_them", "is_audited", "warns"),
    [(4, False, False, False), (5, False, False, True), (4, True, False, False), (5, False, True, False)],
)
def test_sixth_account_of_an_app_that_is_not_audited_is_warned(
    client: Client, viewer: User, editor: User, linked: TikTokAccount, composer: str, other_instance: Instance,
    others: int, is_among_them: bool, is_audited: bool, warns: bool,
) -> None:  # fmt: skip
    app = linked.credential.app
    TikTokApp.objects.update(is_audited=is_audited)
    others_posted(app, other_instance, others)
    sent(linked, int(is_among_them))
    for page in (text_of(client, viewer, page_of(linked)), text_of(client, editor, composer)):
        assert ("can post to 5 accounts in 24 hours" in page) == warns


@pytest.mark.parametrize(
    ("others", "is_audited", "card", "office"),
    [
        (4, False, "4 of 5 accounts until TikTok audits the app <", "4 of 5"),
        (
            5,
            False,
            "5 of 5 accounts until TikTok audits the app; other accounts wait",
            "5 of 5, other accounts wait",
        ),
        (6, True, "6 accounts in the whole installation", "6"),
        (1, None, "1 account in the whole installation", "1"),
    ],
)
def test_those_who_run_it_see_an_apps_posting_accounts(
    client: Client, staff: User, tenant_admin: User, admin: User, linked: TikTokAccount, other_instance: Instance,
    others: int, is_audited: bool | None, card: str, office: str,
) -> None:  # fmt: skip
    TikTokApp.objects.update(is_audited=is_audited)
    others_posted(linked.credential.app, other_instance, others)
    for person in (staff, tenant_admin):
        assert card in text_of(client, person, CARDS)
    assert "apps-title" not in text_of(client, admin, CARDS)
    assert f'"field-posting_accounts">{office}<' in text_of(client, staff, BACK_OFFICE)


def test_hold_is_shown_with_the_time_of_the_next_try(
    client: Client, viewer: User, editor: User, linked: TikTokAccount, composer: str
) -> None:
    until = timezone.now().replace(microsecond=0) + timedelta(hours=1)
    shown = f'datetime="{until.isoformat()}"'
    linked.credential.posts_held_until, linked.credential.posts_held_code = until, "spam_risk_too_many_posts"
    linked.credential.save()
    for page in (CARDS, page_of(linked)):
        assert shown in text_of(client, viewer, page)
    assert "tries again" not in text_of(client, editor, composer), "TikTok was just asked, and takes posts again"
    linked.credential.posts_held_until = timezone.now() - timedelta(seconds=1)
    linked.credential.save()
    assert "tries again" not in text_of(client, viewer, page_of(linked))


def test_apps_hold_concerns_accounts_that_have_not_posted_yet(
    client: Client, viewer: User, editor: User, linked: TikTokAccount, composer: str
) -> None:
    until = timezone.now().replace(microsecond=0) + timedelta(hours=1)
    TikTokApp.objects.update(users_held_until=until)
    for page in (text_of(client, viewer, page_of(linked)), text_of(client, editor, composer)):
        assert f'datetime="{until.isoformat()}"' in page
    sent(linked, 1)
    assert "tries again" not in text_of(client, viewer, page_of(linked))


@pytest.mark.parametrize("rows", [1, 3])
def test_back_office_counts_all_apps_in_one_question(
    client: Client, staff: User, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(rows):
        TikTokAppFactory.create(is_audited=False)
    sign_in_again(client, staff)
    client.get(BACK_OFFICE)
    with django_assert_num_queries(7):  # the door asks twice for the second factor
        client.get(BACK_OFFICE)


def test_day_is_counted_in_one_statement(
    linked: TikTokAccount, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    sent(linked, 2)
    with django_assert_num_queries(1):
        usage = quota.usage_of(linked.credential)
    assert (usage.posts, usage.users, usage.is_user_active) == (2, 1, True)
