"""The list of posts: tabs, search, filters, order, row actions and the live part."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from instances.models import Instance
from tiktok.models import AttentionReason, Post, PostState, TikTokAccount
from tiktok.tests.factories import make_account, make_media, make_post, make_submission

pytestmark = pytest.mark.django_db
Queries = Callable[..., Any]
S = PostState
LIST, PART = (reverse(f"tiktok:{name}", args=["aurora"]) for name in ("post-list", "post-list-part"))


@pytest.fixture
def account(scoped: Instance) -> TikTokAccount:
    return make_account(scoped, name="Harbour Yoga", username="harbour.yoga", labels=["VIP"])


@pytest.fixture
def other(scoped: Instance) -> TikTokAccount:
    return make_account(scoped, name="Çanakkale Bakery", username="bread", labels=["Food"])


@pytest.fixture
def page(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


def titles(client: Client, /, **query: str) -> list[str]:
    """The titles that the list shows, in order."""
    return [row.title for row in client.get(LIST, query).context["rows"]]


def counts(page: Client, **query: str) -> dict[str, int]:
    """The tabs that are shown with their counts."""
    return {str(tab.label): tab.count for tab in page.get(LIST, query).context["listing"].tabs}


# Session, person, their session list, instance, roles, the quarantine and the rail with its bell take 12 of them.
@pytest.mark.parametrize("posts", [1, 3])
def test_list_takes_the_same_queries_for_one_post_and_three(
    page: Client, account: TikTokAccount, django_assert_num_queries: Queries, posts: int
) -> None:
    for number in range(posts):
        failed = make_post(account, state=S.FAILED)
        clip = make_media(account.instance, thumbnail_path="t.webp")
        make_post(account, clip, caption=f"Clip {number}", corrects=failed, state=S.UPLOADING)
    with django_assert_num_queries(18):
        answer = page.get(LIST)
    assert len(answer.context["rows"]) == 2 * posts


def test_tabs_count_posts_by_group_and_group_the_states(page: Client, account: TikTokAccount) -> None:
    for state in S:
        make_post(account, state=state, attention_reason="bug" if state == S.NEEDS_ATTENTION else "", caption=state)
    make_post(account, state=S.NEEDS_ATTENTION, attention_reason="outcome_unknown", dismissed_at=timezone.now())

    assert counts(page) == {
        "All": 12, "Scheduled": 1, "Drafts": 1, "Publishing": 5, "Published": 1, "Needs attention": 3, "Cancelled": 1,
        "Dismissed": 1,
    }  # fmt: skip
    assert set(titles(page, state="publishing")) == {S.DUE, S.INITING, S.UPLOADING, S.PROCESSING, S.IN_INBOX}
    assert set(titles(page, state="needs_attention")) == {S.FAILED, S.WAITING_ACCOUNT, S.NEEDS_ATTENTION}
    assert {row.state for row in page.get(LIST, {"state": "publishing"}).context["rows"]} == {"publishing"}


def test_a_tab_without_posts_explains_itself(page: Client, account: TikTokAccount) -> None:
    assert "Choose an account, add a video" in page.get(LIST).content.decode()
    make_post(account, state=S.PUBLISHED)
    for tab, words in (("scheduled", "Nothing is scheduled"), ("needs_attention", "Nothing needs attention")):
        assert words in page.get(LIST, {"state": tab}).content.decode()
    assert "No posts match" in page.get(LIST, {"q": "nothing like it"}).content.decode()


def test_dismissed_posts_alone_leave_the_list_without_posts(page: Client, account: TikTokAccount) -> None:
    make_post(account, state=S.NEEDS_ATTENTION, attention_reason="outcome_unknown", dismissed_at=timezone.now())

    html = page.get(LIST).content.decode()

    assert "No posts yet" in html
    assert "No dismissed posts" not in html


def test_without_accounts_the_next_step_is_to_connect_one(page: Client, scoped: Instance) -> None:
    html = page.get(LIST).content.decode()
    assert "Connect account" in html
    assert "No posts yet" not in html


@pytest.mark.parametrize("state", ["failed", "waiting_account", "needs_attention"])
def test_a_state_in_the_address_opens_its_tab(page: Client, account: TikTokAccount, state: str) -> None:
    make_post(account, state=S.FAILED, caption="The failed one")
    assert titles(page, state=state) == ["The failed one"]


def test_odd_parameters_show_the_list(page: Client, account: TikTokAccount) -> None:
    make_post(account)
    odd: tuple[dict[str, str], ...] = (
        {"state": "x"}, {"page": "x"}, {"page": "99"}, {"account": "x"}, {"sort": "x"}, {"q": "\0%_'"}, {"label": "x"},
    )  # fmt: skip
    for query in odd:
        assert page.get(LIST, query).status_code == 200


@pytest.mark.parametrize("words", ["sunrise", "SUNRISE swim", "yoga sunrise", "@harbour.yoga", "harbour"])
def test_search_finds_words_of_caption_and_account(
    page: Client, account: TikTokAccount, other: TikTokAccount, words: str
) -> None:
    make_post(account, caption="Sunrise swim\nat six")
    make_post(other, caption="Bread at six")
    assert titles(page, q=words) == ["Sunrise swim"]
    assert counts(page, q=words)["Drafts"] == 1


@pytest.mark.parametrize("words", ["çanakkale", "ÇANAKKALE", "ÜBER"])
def test_search_ignores_the_case_of_every_letter(page: Client, other: TikTokAccount, words: str) -> None:
    make_post(other, caption="über Nacht")
    assert titles(page, q=words) == ["über Nacht"]


def test_label_and_account_narrow_list_and_counts(page: Client, account: TikTokAccount, other: TikTokAccount) -> None:
    make_post(account, caption="Yoga")
    make_post(other, caption="Bread")
    assert titles(page, label="vip") == ["Yoga"]
    assert titles(page, account=str(other.pk)) == ["Bread"]
    assert counts(page)["All"] == 1  # the account is remembered
    assert titles(page, account="", label="") == ["Bread", "Yoga"]


def test_remembered_account_is_named_in_the_list_and_can_be_cleared(
    page: Client, account: TikTokAccount, other: TikTokAccount
) -> None:
    make_post(other, caption="Bread", state=S.SCHEDULED)
    page.get(LIST, {"account": str(account.pk)})
    answer = page.get(LIST, {"state": "scheduled"})
    assert "Only posts of Harbour Yoga are shown" in answer.content.decode()
    assert page.get(f"{LIST}?{answer.context['all_accounts_query']}").context["listing"].account is None
    assert titles(page, state="scheduled") == ["Bread"]


def test_filters_are_links_and_each_row_shows_a_face(
    page: Client, account: TikTokAccount, other: TikTokAccount
) -> None:
    make_post(account)
    part = page.get(LIST).content.decode().partition('id="posts"')[2]
    assert "<select" not in part  # an arrow key would act
    assert f"account={other.pk}" in part
    assert 'class="face' in part.partition("<tbody>")[2]


def test_scheduled_posts_are_in_order_of_their_time(page: Client, account: TikTokAccount) -> None:
    now = timezone.now()
    for hours in (30, 2, 300):
        make_post(account, state=S.SCHEDULED, publish_at=now + timedelta(hours=hours), caption=f"in {hours}")
    assert titles(page, state="scheduled") == ["in 2", "in 30", "in 300"]
    assert titles(page, state="scheduled", sort="reverse") == ["in 300", "in 30", "in 2"]


def test_published_posts_are_newest_first_and_sort_by_account(
    page: Client, account: TikTokAccount, other: TikTokAccount
) -> None:
    now = timezone.now()
    for owner, hours in ((account, 5), (other, 1), (account, 3)):
        make_post(owner, state=S.PUBLISHED, published_at=now - timedelta(hours=hours), caption=f"{hours} h ago")
    assert titles(page, state="published") == ["1 h ago", "3 h ago", "5 h ago"]
    assert titles(page, state="published", sort="account") == ["3 h ago", "5 h ago", "1 h ago"]


def test_cancelled_post_shows_when_it_was_cancelled(page: Client, account: TikTokAccount) -> None:
    post = make_post(account, state=S.CANCELLED, publish_at=timezone.now() + timedelta(days=2))
    (row,) = page.get(LIST).context["rows"]
    assert row.post.when == post.updated_at


def test_one_page_has_no_page_numbers(page: Client, account: TikTokAccount) -> None:
    make_post(account)
    assert "1–1 of 1" not in page.get(LIST).content.decode()
    for _ in range(25):
        make_post(account)
    assert "1–25 of 26" in page.get(LIST).content.decode()
    assert len(titles(page, page="2")) == 1


def menu(page: Client) -> str:
    """The first row's menu."""
    return page.get(LIST).content.decode().partition('<div class="menu-panel">')[2].rpartition("</table>")[0]


ACTIONS = {
    "Edit post": "/edit/", "Duplicate": "?from=", "Cancel post": "/cancel/", "Edit and repost": "Edit and repost",
    "Edit and reschedule": "Edit and reschedule", "Publish now": "/publish/",
    "Reschedule": "/reschedule/", "Copy link": "data-copy=", "Delete post": "/delete/",
}  # fmt: skip


@pytest.mark.parametrize(
    ("state", "wanted"),
    [
        (S.DRAFT, {"Edit post", "Duplicate", "Delete post"}),
        (S.SCHEDULED, {"Edit post", "Publish now", "Reschedule", "Duplicate", "Cancel post"}),
        (S.UPLOADING, {"Duplicate", "Cancel post"}),
        (S.PROCESSING, {"Duplicate"}),
        (S.WAITING_ACCOUNT, {"Duplicate", "Cancel post"}),
        (S.PUBLISHED, {"Duplicate", "Copy link"}),
        (S.FAILED, {"Duplicate", "Edit and repost", "Delete post"}),
        (S.CANCELLED, {"Duplicate", "Edit and reschedule", "Delete post"}),
    ],
)
def test_row_menu_offers_what_the_state_allows(
    page: Client, account: TikTokAccount, scoped: Instance, state: PostState, wanted: set[str]
) -> None:
    make_post(account, state=state, post_ids=["74"] if state == S.PUBLISHED else [], creator_username="nora")
    # With one account the filter menu is missing, so the first menu in the list is the row's.
    assert {name for name, mark in ACTIONS.items() if mark in menu(page).replace("&#x27;", "'")} == wanted


def test_missed_post_can_be_edited_and_cancelled_and_an_unclear_one_cannot(
    page: Client, account: TikTokAccount
) -> None:
    post = make_post(account, state=S.NEEDS_ATTENTION, attention_reason=AttentionReason.MISSED)
    assert "/edit/" in menu(page)
    assert "/cancel/" in menu(page)
    Post.objects.filter(pk=post.pk).update(attention_reason=AttentionReason.OUTCOME_UNKNOWN)
    assert "/edit/" not in menu(page)
    assert "/cancel/" not in menu(page)


def test_post_whose_last_bytes_were_sent_cannot_be_cancelled(page: Client, account: TikTokAccount) -> None:
    make_submission(make_post(account, state=S.UPLOADING), commit_point_at=timezone.now())
    assert "/cancel/" not in menu(page)


def test_viewer_gets_links_only(client: Client, viewer: User, account: TikTokAccount) -> None:
    client.force_login(viewer)
    make_post(account, state=S.PUBLISHED, post_ids=["74"], creator_username="nora")
    make_post(account, state=S.FAILED)
    html = client.get(LIST).content.decode()
    assert "https://www.tiktok.com/@nora/video/74" in html
    for mark in ("?from=", "/cancel/", "/delete/", "/correct/", "/edit/"):
        assert mark not in html


def test_cancelling_from_the_list_returns_to_it(page: Client, account: TikTokAccount) -> None:
    post = make_post(account, state=S.SCHEDULED)
    before = f"http://testserver{LIST}?state=scheduled"
    cancel = reverse("tiktok:post-cancel", args=["aurora", post.pk])
    assert page.post(cancel, headers={"referer": before})["Location"] == before
    assert page.post(cancel, headers={"referer": "https://elsewhere.example/"})["Location"].endswith(f"/{post.pk}/")


def test_deleting_returns_to_the_list_with_its_filter_if_it_came_from_it(page: Client, account: TikTokAccount) -> None:
    for before, wanted in ((f"{LIST}?state=draft", f"http://testserver{LIST}?state=draft"), ("", LIST)):
        post = make_post(account)
        own = reverse("tiktok:post-detail", args=["aurora", post.pk])
        delete = reverse("tiktok:post-delete", args=["aurora", post.pk])
        assert page.post(delete, headers={"referer": f"http://testserver{before or own}"})["Location"] == wanted


def test_part_is_the_list_alone_and_tells_its_address(page: Client, account: TikTokAccount) -> None:
    make_post(account, caption="Hello", state=S.PUBLISHED)
    answer = page.get(PART, {"state": "published", "q": "hello"}, headers={"hx-request": "true"})
    assert answer["HX-Push-Url"] == f"{LIST}?state=published&q=hello"
    assert "<html" not in answer.content.decode()


def live(html: str) -> str:
    """The attributes of the part that asks for itself again."""
    return html.partition('id="posts"')[2].partition(">")[0]


def test_list_polls_during_a_publish_and_returns_only_changes(page: Client, account: TikTokAccount) -> None:
    post = make_post(account, state=S.PROCESSING)
    answer = page.get(LIST)
    assert 'hx-trigger="every 2s"' in live(answer.content.decode())
    seen = {"page": "1", "seen": answer.context["version"]}
    assert page.get(PART, seen).status_code == 204

    Post.objects.filter(pk=post.pk).update(state=S.FAILED, updated_at=timezone.now())
    changed = page.get(PART, seen)
    assert changed.status_code == 200
    assert "HX-Push-Url" not in changed
    assert "hx-trigger" not in live(changed.content.decode())


def test_list_asks_once_when_the_next_scheduled_post_is_due(page: Client, account: TikTokAccount) -> None:
    post = make_post(account, state=S.SCHEDULED, publish_at=timezone.now() + timedelta(seconds=600))
    delay = re.findall(r'hx-trigger="load delay:(\d+)s"', live(page.get(LIST).content.decode()))
    assert 590 < int(delay[0]) < 605
    Post.objects.filter(pk=post.pk).update(publish_at=timezone.now() + timedelta(hours=2))
    assert "hx-trigger" not in live(page.get(LIST).content.decode())
