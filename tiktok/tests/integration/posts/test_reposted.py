"""A failed post that was reposted: it points at its successor and leaves every count of failures."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.web.refusals import UserRefusal
from instances.models import Instance, Notice
from instances.scoping import instance_scope
from tiktok.models import EventCause, Person, Post, PostState, TikTokAccount
from tiktok.posts import queries, services
from tiktok.tests.factories import make_account, make_media, make_post
from tiktok.tests.fixtures_rest import Api

pytestmark = pytest.mark.django_db
S = PostState
LIST, HOME = (reverse(f"tiktok:{name}", args=["aurora"]) for name in ("post-list", "dashboard"))


@pytest.fixture
def account(scoped: Instance) -> TikTokAccount:
    return make_account(scoped)


@pytest.fixture
def failed(account: TikTokAccount) -> Post:
    return make_post(account, make_media(account.instance), state=S.FAILED, caption="First try")


@pytest.fixture
def page(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


def attention(page: Client) -> tuple[int, int]:
    """How many posts need attention by the tab, and by Home."""
    tabs = page.get(LIST).context["listing"].tabs
    return next(tab.count for tab in tabs if tab.tab == "needs_attention"), page.get(HOME).context[
        "home"
    ].attention_count


@pytest.mark.parametrize("state", [S.SCHEDULED, S.DUE, S.PUBLISHED])
def test_reposted_failure_leaves_the_counts(
    page: Client, account: TikTokAccount, failed: Post, state: PostState
) -> None:
    assert attention(page) == (1, 1)
    make_post(account, corrects=failed, state=state)
    assert attention(page) == (0, 0)
    assert queries.counts_by_state(account.pk) == {state: 1, "reposted": 1}


@pytest.mark.parametrize("state", [S.DRAFT, S.CANCELLED])
def test_failure_stays_until_its_successor_is_sent(
    page: Client, account: TikTokAccount, failed: Post, state: PostState
) -> None:
    make_post(account, corrects=failed, state=state)
    assert attention(page) == (1, 1)
    assert queries.counts_by_state(account.pk)[S.FAILED] == 1


def test_successor_that_fails_too_is_the_one_failure(page: Client, account: TikTokAccount, failed: Post) -> None:
    make_post(account, corrects=failed, state=S.FAILED, caption="Second try")
    assert attention(page) == (1, 1)
    assert [row.title for row in page.get(LIST, {"state": "needs_attention"}).context["rows"]] == ["Second try"]


def test_both_sides_point_at_each_other_and_nothing_is_offered_again(
    page: Client, account: TikTokAccount, failed: Post
) -> None:
    new = make_post(account, corrects=failed, state=S.PUBLISHED, caption="Second try")
    rows = {row.title: row for row in page.get(LIST).context["rows"]}
    assert (rows["First try"].reposted_as, rows["First try"].state) == (new, "reposted")
    assert rows["Second try"].repost_of == failed
    html = page.get(LIST).content.decode()
    assert f'Reposted as <a href="/i/aurora/posts/{new.pk}/"><bdi>Second try</bdi></a>' in html
    assert f'Repost of <a href="/i/aurora/posts/{failed.pk}/"><bdi>First try</bdi></a>' in html
    assert "Edit and repost" not in html


def test_edit_and_repost_twice_opens_the_same_draft(page: Client, failed: Post) -> None:
    first, second = (page.post(reverse("tiktok:post-correct", args=["aurora", failed.pk]))["Location"] for _ in "ab")
    assert first == second
    assert Post.objects.count() == 2


@pytest.mark.parametrize("state", [S.DUE, S.PUBLISHED, S.FAILED])
def test_post_is_reposted_once_only(account: TikTokAccount, failed: Post, editor: User, state: PostState) -> None:
    make_post(account, corrects=failed, state=state)
    with pytest.raises(UserRefusal, match="already reposted"):
        services.correct_post(failed, actor=editor)


def test_published_repost_resolves_the_notifications_of_all_tries(account: TikTokAccount, instance: Instance) -> None:
    def fail(corrects: Post | None) -> Post:
        post = make_post(account, state=S.DUE, corrects=corrects)
        post.transition(S.FAILED, cause=EventCause.WORKER, by=Person())
        return post

    unrelated, third = fail(None), make_post(account, state=S.PROCESSING, corrects=fail(fail(None)))
    third.transition(S.PUBLISHED, cause=EventCause.TIKTOK, by=Person())

    assert [notice.subject_id for notice in Notice.objects.filter(resolved_at=None)] == [unrelated.pk]
    assert Notice.objects.count() == 3


def test_api_names_the_successor(api: Api, instance: Instance) -> None:
    with instance_scope(instance):
        account = make_account(instance, name="Second")
        failed = make_post(account, state=S.FAILED)
        new = make_post(account, corrects=failed, state=S.DUE)
    assert api.get(f"/posts/{failed.pk}").json()["reposted_as"] == str(new.pk)
    assert {each["id"]: each["reposted_as"] for each in api.get("/posts").json()["items"]} == {
        str(failed.pk): str(new.pk),
        str(new.pk): None,
    }
