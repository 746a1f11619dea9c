"""A post's page: what it shows and what can be done there."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from instances.models import Instance
from tiktok.models import AccountStatus, AttentionReason, Post, PostState, TikTokAccount
from tiktok.posts import queries
from tiktok.posts.wording.explanation import explain_state
from tiktok.tests.factories import make_account, make_post

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(scoped: Instance) -> TikTokAccount:
    return make_account(scoped)


@pytest.fixture
def page(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


@pytest.mark.parametrize("state", [state for state in PostState if state != PostState.NEEDS_ATTENTION])
def test_every_state_has_an_explanation(page: Client, account: TikTokAccount, state: PostState) -> None:
    post = make_post(account, state=state)
    answer = page.get(reverse("tiktok:post-detail", args=["aurora", post.pk]))
    assert answer.status_code == 200
    assert explain_state(post).what
    assert (f"/{post.pk}/live/" in answer.content.decode()) == (state in queries.MOVING | queries.RESTING)


@pytest.mark.parametrize("reason", AttentionReason)
def test_every_attention_reason_is_on_the_page(page: Client, account: TikTokAccount, reason: AttentionReason) -> None:
    post = make_post(account, state=PostState.NEEDS_ATTENTION, attention_reason=reason)
    answer = page.get(reverse("tiktok:post-live", args=["aurora", post.pk]))
    assert answer.status_code == 200
    assert str(reason.label).split("'")[0] in answer.content.decode()


@pytest.mark.parametrize(
    ("state", "trigger"),
    [("uploading", "every 2s"), ("scheduled", "every 15s"), ("waiting_account", "every 15s"), ("failed", "")],
)
def test_an_open_page_follows_what_may_still_change(
    page: Client, account: TikTokAccount, state: str, trigger: str
) -> None:
    post = make_post(account, state=PostState(state))
    for name in ("post-detail", "post-live"):
        html = page.get(reverse(f"tiktok:{name}", args=["aurora", post.pk])).content.decode()
        live = html.partition('id="live"')[2].partition(">")[0]
        assert f'hx-trigger="{trigger}"' in live if trigger else "hx-trigger" not in live


@pytest.mark.parametrize(("state", "is_discarded"), [("uploading", True), ("scheduled", False)])
def test_cancelling_discards_an_upload_only_where_there_is_one(
    page: Client, account: TikTokAccount, state: str, is_discarded: bool
) -> None:
    post = make_post(account, state=PostState(state))
    html = page.get(reverse("tiktok:post-detail", args=["aurora", post.pk])).content.decode()
    question = html.partition('data-confirm="Cancel this post?"')[2].partition(">")[0]
    assert "It will not be published." in question
    assert ("The uploaded part is discarded." in question) is is_discarded


def test_a_draft_with_a_time_says_that_nothing_happens_then(page: Client, account: TikTokAccount) -> None:
    post = make_post(account)
    address = reverse("tiktok:post-detail", args=["aurora", post.pk])
    note = "Nothing is published until you schedule it"
    assert note not in page.get(address).content.decode()
    Post.objects.update(publish_local="2027-03-01T10:00:00", publish_zone="UTC")
    assert note in page.get(address).content.decode()


def test_a_public_post_shows_its_link_and_a_private_one_why_it_has_none(page: Client, account: TikTokAccount) -> None:
    public = make_post(account, state=PostState.PUBLISHED, post_ids=["7400000000000000001"], creator_username="nora")
    private = make_post(account, state=PostState.PUBLISHED, privacy_level="SELF_ONLY")
    link = "https://www.tiktok.com/@nora/video/7400000000000000001"
    assert link in page.get(reverse("tiktok:post-live", args=["aurora", public.pk])).content.decode()
    assert "public posts only" in page.get(reverse("tiktok:post-live", args=["aurora", private.pk])).content.decode()


def test_cancelling_twice_says_so_the_second_time(page: Client, account: TikTokAccount) -> None:
    post = make_post(account, state=PostState.DUE)
    url = reverse("tiktok:post-cancel", args=["aurora", post.pk])
    assert "Post cancelled." in page.post(url, follow=True).content.decode()
    assert "can’t be done while the post is in the state" in page.post(url, follow=True).content.decode()
    post.refresh_from_db()
    assert post.state == PostState.CANCELLED


def test_a_post_being_handed_over_is_not_cancelled(page: Client, account: TikTokAccount) -> None:
    post = make_post(account, state=PostState.INITING)
    answer = page.post(reverse("tiktok:post-cancel", args=["aurora", post.pk]), follow=True)
    assert "Try again in a moment" in answer.content.decode()


def test_only_what_is_certainly_not_published_is_deleted(page: Client, account: TikTokAccount) -> None:
    draft = make_post(account)
    published = make_post(account, state=PostState.PUBLISHED)
    for post in (draft, published):
        page.post(reverse("tiktok:post-delete", args=["aurora", post.pk]))
    assert list(Post.objects.all()) == [published]


def test_repost_to_a_disconnected_account_is_refused_with_the_reason(page: Client, account: TikTokAccount) -> None:
    failed = make_post(account, state=PostState.FAILED)
    TikTokAccount.objects.update(status=AccountStatus.DISCONNECTED)
    answer = page.post(reverse("tiktok:post-correct", args=["aurora", failed.pk]), follow=True)
    assert "This account is disconnected. Reconnect it first." in answer.content.decode()
    assert Post.objects.count() == 1


def test_a_failed_post_is_corrected_as_a_new_draft(page: Client, account: TikTokAccount) -> None:
    failed = make_post(account, state=PostState.FAILED, caption="Once more")
    page.post(reverse("tiktok:post-correct", args=["aurora", failed.pk]))
    new = Post.objects.get(state=PostState.DRAFT)
    assert (new.corrects, new.caption) == (failed, "Once more")


def test_a_viewer_sees_but_is_offered_nothing_to_do(client: Client, viewer: User, account: TikTokAccount) -> None:
    client.force_login(viewer)
    post = make_post(account, state=PostState.DUE)
    answer = client.get(reverse("tiktok:post-detail", args=["aurora", post.pk]))
    assert not any(answer.context[name] for name in ("can_edit", "can_cancel", "can_delete", "can_correct"))


def test_a_viewer_is_not_told_of_buttons_that_others_have(
    client: Client, viewer: User, editor: User, account: TikTokAccount
) -> None:
    post = make_post(account, state=PostState.FAILED, fail_reason="frame_rate_check_failed")
    address = reverse("tiktok:post-detail", args=["aurora", post.pk])
    for user, is_told in ((viewer, False), (editor, True)):
        client.force_login(user)
        html = client.get(address).content.decode()
        assert "frame rate" in html
        assert ("Edit and repost" in html) is is_told
