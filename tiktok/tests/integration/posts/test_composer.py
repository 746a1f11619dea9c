"""The composer: what TikTok offers a creator is what a person may choose; one click makes one post."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import ConsentSnapshot, Media, Post, PostState, TikTokAccount, TikTokApp
from tiktok.posts import services
from tiktok.posts.rules import PostOptions
from tiktok.tests.factories import make_account, make_media, make_post
from tiktok.tests.fixtures_posts import link_simulated
from tiktok.tests.simulator_process import Simulator

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(scoped: Instance, linked: TikTokAccount) -> TikTokAccount:
    return linked


@pytest.fixture
def video(scoped: Instance) -> Media:
    return make_media(scoped)


@pytest.fixture
def page(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


def address(account: TikTokAccount) -> str:
    return reverse("tiktok:post-new", args=["aurora"]) + f"?to={account.pk}"


def filled(video: Media, **changes: Any) -> dict[str, Any]:
    """Return the fields that a browser sends for a complete post."""
    values = {
        "submit_key": str(uuid4()),
        "media": str(video.pk),
        "caption": "Hello from the hills",
        "privacy_level": "PUBLIC_TO_EVERYONE",
        "allow_comment": "on",
        "when": "now",
        "action": "publish",
    }
    return {key: value for key, value in (values | changes).items() if value is not None}


def test_the_page_offers_what_tiktok_offers_and_chooses_nothing(
    page: Client, account: TikTokAccount, tiktok: Simulator
) -> None:
    tiktok.post("users", id="maren", duet_disabled=True)
    answer = page.get(address(account))
    form = answer.context["form"]
    assert form["privacy_level"].value() is None
    assert form.fields["privacy_level"].choices[0] == ("", "Choose")
    assert form.fields["allow_duet"].disabled
    assert not any(form[name].value() for name in ("allow_comment", "allow_duet", "allow_stitch", "disclose"))
    assert "Music Usage Confirmation" in answer.content.decode()


def test_publishing_makes_a_due_post_with_consent(
    page: Client, account: TikTokAccount, video: Media, editor: User
) -> None:
    answer = page.post(address(account), filled(video))
    post = Post.objects.get()
    assert answer.url == reverse("tiktok:post-detail", args=["aurora", post.pk])  # type: ignore[attr-defined]
    assert (post.state, post.caption, post.allow_comment) == (PostState.DUE, "Hello from the hills", True)
    consent = ConsentSnapshot.objects.get()
    assert (consent.user, consent.channel) == (editor, "web")
    assert "Music Usage Confirmation" in consent.text


def test_the_same_form_twice_makes_one_post(page: Client, account: TikTokAccount, video: Media) -> None:
    body = filled(video)
    first, second = page.post(address(account), body), page.post(address(account), body)
    assert first.url == second.url  # type: ignore[attr-defined]
    assert Post.objects.count() == 1


def test_a_draft_may_be_incomplete(page: Client, account: TikTokAccount, video: Media) -> None:
    page.post(address(account), filled(video, media=None, privacy_level=None, action="draft"))
    assert Post.objects.get().state == PostState.DRAFT


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"privacy_level": None}, "privacy_level"),
        ({"privacy_level": "FOLLOWER_OF_CREATOR"}, "privacy_level"),
        ({"media": None}, "media"),
        ({"media": str(uuid4())}, "media"),
        ({"media": "nonsense"}, "media"),
        ({"caption": "x" * 2201}, "caption"),
        ({"disclose": "on"}, "disclose"),
        ({"disclose": "on", "brand_content": "on", "privacy_level": "SELF_ONLY"}, "brand_content"),
        ({"when": "later"}, "publish_at"),
        ({"when": "later", "publish_at": "2020-01-01T10:00"}, "publish_at"),
        ({"when": "later", "publish_at": "soon"}, "publish_at"),
        ({"cover_s": "31"}, "cover_s"),
        ({"cover_s": "-1"}, "cover_s"),
    ],
)
def test_what_tiktok_would_refuse_is_said_at_its_field(
    page: Client, account: TikTokAccount, video: Media, changes: dict[str, Any], field: str
) -> None:
    answer = page.post(address(account), filled(video, **changes))
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]
    assert not Post.objects.exists()


def test_every_error_is_reported_in_one_round(page: Client, account: TikTokAccount) -> None:
    wrong = {"media": "", "caption": "x" * 2300, "privacy_level": "", "cover_s": "-1", "when": "later"}
    html = page.post(address(account), {"submit_key": str(uuid4()), "action": "publish", **wrong}).content.decode()
    summary = html.partition("data-error-summary")[2].partition("</ul>")[0]
    for words in ("Choose a video.", "100 characters too long", "Choose an audience.", "Choose a date"):
        assert words in summary
    assert 'href="#id_cover_s"' in summary


@pytest.mark.parametrize("name", ["publish_at", "timezone", "privacy_level"])
def test_conditional_fields_are_never_called_optional(page: Client, account: TikTokAccount, name: str) -> None:
    html = page.get(address(account)).content.decode()
    label = html.partition(f'<label for="id_{name}">')[2].partition("</label>")[0]
    assert label
    assert "optional" not in label


def test_first_page_offers_accounts_and_explains_those_that_cannot_publish(
    page: Client, account: TikTokAccount, instance: Instance
) -> None:
    broken = make_account(instance, name="Broken", username="broken", status="reconnect_needed")
    html = page.get(reverse("tiktok:post-new", args=["aurora"])).content.decode()
    assert f'href="?to={account.pk}"' in html
    choice = html.partition("choice-off")[2]
    assert "The account must be reconnected." in choice
    connect = choice.partition(f'action="{reverse("tiktok:connect", args=["aurora"])}"')[2]
    assert f'name="account" value="{broken.pk}"' in connect  # one click
    assert "Prepare draft" in choice


def test_draft_is_prepared_for_an_account_that_needs_a_reconnect(
    page: Client, video: Media, instance: Instance, scoped: Instance
) -> None:
    broken = make_account(instance, status="reconnect_needed")
    answer = page.get(address(broken))
    assert "You can prepare a draft" in answer.content.decode()
    assert 'value="publish"' not in answer.content.decode()
    page.post(address(broken), filled(video, to=str(broken.pk), action="draft"))
    assert Post.objects.get().account == broken


def test_labels_narrow_the_accounts_once_there_are_more_than_eight(
    page: Client, scoped: Instance, instance: Instance
) -> None:
    new = reverse("tiktok:post-new", args=["aurora"])
    for number in range(8):
        make_account(instance, name=f"Account {number}", labels=["Berlin"] if number < 2 else [])
    assert "?label=Berlin" not in page.get(new).content.decode()
    make_account(instance, name="Account 8")
    assert "?label=Berlin" in page.get(new).content.decode()
    names = [choice["account"].name for choice in page.get(new, {"label": "berlin"}).context["choices"]]
    assert names == ["Account 0", "Account 1"]


def test_a_time_is_read_in_the_zone_of_the_instance(
    page: Client, account: TikTokAccount, video: Media, instance: Instance
) -> None:
    Instance.objects.update(time_zone="Asia/Kathmandu")
    page.post(address(account), filled(video, when="later", publish_at="2027-03-01T10:00"))
    post = Post.objects.get()
    assert post.state == PostState.SCHEDULED
    assert post.publish_at is not None
    assert post.publish_at.isoformat() == "2027-03-01T04:15:00+00:00"
    assert (post.publish_local, post.publish_zone) == ("2027-03-01T10:00:00", "Asia/Kathmandu")


def test_when_the_account_is_banned_from_posting_the_page_stops(
    page: Client, account: TikTokAccount, tiktok: Simulator
) -> None:
    tiktok.fault("error", "creator_info", code="spam_risk_user_banned_from_posting")
    answer = page.get(address(account))
    assert "form" not in answer.context
    assert "has blocked this account from posting" in answer.content.decode()


def test_a_scheduled_post_can_be_edited_and_waits_again(page: Client, account: TikTokAccount, video: Media) -> None:
    page.post(address(account), filled(video, when="later", publish_at="2027-03-01T10:00"))
    post = Post.objects.get()
    edit = reverse("tiktok:post-edit", args=["aurora", post.pk])
    assert page.get(edit).context["form"]["caption"].value() == "Hello from the hills"
    page.post(edit, filled(video, caption="Better words", when="later", publish_at="2027-03-02T10:00"))
    post.refresh_from_db()
    assert (post.state, post.caption, post.publish_local[:10]) == (PostState.SCHEDULED, "Better words", "2027-03-02")
    assert ConsentSnapshot.objects.filter(void_at=None).count() == 1


@pytest.mark.parametrize("changes", [{"publish_at": "2020-01-01T10:00"}, {"caption": "x" * 2300}])
def test_a_refused_edit_leaves_what_was_planned(
    page: Client, account: TikTokAccount, video: Media, changes: dict[str, str]
) -> None:
    planned = {"when": "later", "publish_at": "2027-03-01T10:00"}
    page.post(address(account), filled(video, **planned))
    post = Post.objects.get()
    answer = page.post(reverse("tiktok:post-edit", args=["aurora", post.pk]), filled(video, **planned | changes))
    assert answer.context["form"].errors
    post.refresh_from_db()
    assert (post.state, post.caption) == (PostState.SCHEDULED, "Hello from the hills")
    assert ConsentSnapshot.objects.filter(void_at=None).count() == 1


def test_the_same_form_with_another_video_of_the_same_name_is_not_the_same(
    page: Client, account: TikTokAccount, video: Media
) -> None:
    body = filled(video)
    page.post(address(account), body)
    namesake = make_media(video.instance)
    assert namesake.original_name == video.original_name
    answer = page.post(address(account), body | {"media": str(namesake.pk)})
    assert answer.context["form"].non_field_errors()
    assert Post.objects.count() == 1


def test_moving_a_scheduled_post_to_drafts_reports_it(page: Client, account: TikTokAccount, video: Media) -> None:
    page.post(address(account), filled(video, when="later", publish_at="2027-03-02T10:00"))
    post = Post.objects.get()
    edit = reverse("tiktok:post-edit", args=["aurora", post.pk])
    answer = page.post(edit, filled(video, action="draft"), follow=True)
    assert "The post is no longer scheduled." in answer.content.decode()
    post.refresh_from_db()
    assert post.state == PostState.DRAFT


def test_another_instances_account_and_video_are_not_there(
    page: Client,
    account: TikTokAccount,
    video: Media,
    other_instance: Instance,
    tiktok: Simulator,
    simulated: TikTokApp,
) -> None:
    with instance_scope(other_instance):
        their_video = make_media(other_instance)
    theirs = link_simulated(tiktok, simulated, other_instance, "stranger")
    assert page.get(address(theirs)).context["account"] == account  # the only one of this instance
    answer = page.post(address(account), filled(their_video))
    assert list(answer.context["form"].errors) == ["media"]


def test_the_second_of_two_tabs_does_not_overwrite_the_first(
    page: Client, account: TikTokAccount, video: Media
) -> None:
    page.post(address(account), filled(video, action="draft"))
    post = Post.objects.get()
    edit = reverse("tiktok:post-edit", args=["aurora", post.pk])
    seen = page.get(edit).context["form"]["seen"].value()
    page.post(edit, filled(video, caption="The first tab", action="draft", seen=seen))
    answer = page.post(edit, filled(video, caption="The second tab", action="draft", seen=seen))
    html = answer.content.decode()
    assert "You changed this post in another tab at" in html
    assert "The first tab" in html
    assert reverse("tiktok:post-detail", args=["aurora", post.pk]) in html
    assert 'data-copy-from="id_caption"' in html
    assert answer.context["form"]["caption"].value() == "The second tab"
    post.refresh_from_db()
    assert post.caption == "The first tab"

    settled = filled(video, caption="The second tab", action="draft", seen=answer.context["form"]["seen"].value())
    assert page.post(edit, settled).status_code == 302
    post.refresh_from_db()
    assert post.caption == "The second tab"


def test_conflict_names_the_colleague_who_changed_the_post(
    page: Client, account: TikTokAccount, video: Media, admin: User
) -> None:
    page.post(address(account), filled(video, action="draft"))
    post = Post.objects.get()
    edit = reverse("tiktok:post-edit", args=["aurora", post.pk])
    seen = page.get(edit).context["form"]["seen"].value()
    change = services.Revision(PostOptions(caption="Theirs"), [video])
    services.edit_post(post, revise=lambda _now: change, actor=admin)
    html = page.post(edit, filled(video, caption="Mine", seen=seen)).content.decode()
    assert f"{admin} changed this post at" in html
    assert "Your changes are not saved yet." in html
    assert Post.objects.get().state == PostState.DRAFT


def test_post_that_started_before_saving_keeps_the_typed_text(
    page: Client, account: TikTokAccount, video: Media
) -> None:
    post = make_post(account, video, state=PostState.UPLOADING)
    edit = reverse("tiktok:post-edit", args=["aurora", post.pk])
    answer = page.post(edit, filled(video, caption="Too late"))
    html = answer.content.decode()
    assert "This post can no longer be edited. Your changes were not saved." in html
    assert answer.context["form"]["caption"].value() == "Too late"


def test_hold_during_editing_does_not_prevent_saving(page: Client, account: TikTokAccount, video: Media) -> None:
    page.post(address(account), filled(video, action="draft"))
    post = Post.objects.get()
    edit = reverse("tiktok:post-edit", args=["aurora", post.pk])
    seen = page.get(edit).context["form"]["seen"].value()
    Post.objects.update(hold_reason="rate", hold_count=1, updated_at=timezone.now() + timedelta(minutes=1))
    assert page.post(edit, filled(video, caption="Written meanwhile", action="draft", seen=seen)).status_code == 302
    post.refresh_from_db()
    assert post.caption == "Written meanwhile"


def test_what_was_handed_over_is_shown_instead_of_edited(page: Client, account: TikTokAccount) -> None:
    post = make_post(account, state=PostState.PUBLISHED)
    answer = page.get(reverse("tiktok:post-edit", args=["aurora", post.pk]))
    assert answer.url == reverse("tiktok:post-detail", args=["aurora", post.pk])  # type: ignore[attr-defined]


def test_choosing_an_account_here_does_not_filter_the_other_pages(page: Client, account: TikTokAccount) -> None:
    page.get(address(account))
    assert page.get(reverse("tiktok:post-list", args=["aurora"])).context["listing"].account is None


def test_a_viewer_may_not_write(client: Client, viewer: User, account: TikTokAccount) -> None:
    client.force_login(viewer)
    assert client.get(address(account)).status_code == 403


def test_the_same_file_again_needs_a_tick(page: Client, account: TikTokAccount, video: Media) -> None:
    page.post(address(account), filled(video))
    form = filled(video)
    answer = page.post(address(account), form)
    assert "This file is already being published to this account" in answer.content.decode()
    assert "Post this file to this account again" in answer.content.decode()
    assert Post.objects.count() == 1
    assert page.post(address(account), form | {"action": "draft"}).status_code == 302
    assert page.post(address(account), filled(video, repeat_ok="on")).status_code == 302
    assert Post.objects.filter(state=PostState.DUE).count() == 2


def test_the_same_form_sent_twice_is_no_repetition(page: Client, account: TikTokAccount, video: Media) -> None:
    form = filled(video)
    answers = [page.post(address(account), form | tick) for tick in ({"repeat_ok": "on"}, {}, {})]
    assert [answer.status_code for answer in answers] == [302, 302, 302]
    assert Post.objects.count() == 1


def test_a_draft_that_repeats_is_warned_of_when_it_is_published(
    page: Client, account: TikTokAccount, video: Media
) -> None:
    page.post(address(account), filled(video))
    page.post(address(account), filled(video, action="draft"))
    draft = Post.objects.get(state=PostState.DRAFT)
    edit = reverse("tiktok:post-edit", args=["aurora", draft.pk])
    assert "being published to this account" in page.post(edit, filled(video)).content.decode()
    page.post(edit, filled(video, repeat_ok="on"))
    assert Post.objects.get(pk=draft.pk).state == PostState.DUE
