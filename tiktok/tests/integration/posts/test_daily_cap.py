"""TikTok's caps of 24 hours judge the posts of today: later ones, and drafts, are taken all the same."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from instances.models import Instance
from tiktok.models import Media, Post, PostState, TikTokAccount
from tiktok.tests.factories import make_media
from tiktok.tests.fixtures_posts import Clock, Worker, reread
from tiktok.tests.fixtures_rest import Answer, Api, body_of
from tiktok.tests.integration.posts.test_composer import address, filled
from tiktok.tests.simulator_process import Simulator

pytestmark = pytest.mark.django_db

NOW = datetime(2027, 1, 4, 12, tzinfo=UTC)
TOO_SOON = ["2027-01-04T12:05:00Z", "2027-01-05T12:00:00Z"]
LATER = "2027-01-05T12:01:00Z"
HINT = "Choose a time more than 24 hours from now, or save the post as a draft."


@pytest.fixture
def clip(scoped: Instance) -> Media:
    return make_media(scoped)


@pytest.fixture
def page(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


@pytest.fixture(params=["spam_risk_too_many_posts", "reached_active_user_cap"])
def cap(request: pytest.FixtureRequest, tiktok: Simulator, linked: TikTokAccount, clock: Clock) -> str:
    """Today TikTok takes no more posts."""
    clock.set(NOW)
    tiktok.fault("error", "creator_info", code=request.param, times=-1)
    return str(request.param)


def filled_for(clip: Media, at: str, **changes: Any) -> dict[str, Any]:
    return filled(clip, when="later", publish_at=at[:16], timezone="UTC", **changes)


def draft_published(api: Api, linked: TikTokAccount, clip: Media, **when: str) -> Answer:
    draft = api.create(body_of(linked, clip, draft=True, consent=None)).json()
    return api.publish(draft["id"], **when)


def test_api_takes_a_post_for_after_the_capped_day(api: Api, linked: TikTokAccount, clip: Media, cap: str) -> None:
    created = api.create(body_of(linked, clip, publish_at=LATER))
    published = draft_published(api, linked, clip, publish_at=LATER)

    assert [(answer.status_code, answer.json()["state"]) for answer in (created, published)] == [
        (201, "scheduled"), (202, "scheduled"),
    ]  # fmt: skip


@pytest.mark.parametrize("publish_at", [None, *TOO_SOON])
def test_api_refuses_a_post_within_the_capped_day(
    api: Api, linked: TikTokAccount, clip: Media, cap: str, publish_at: str | None
) -> None:
    created = api.create(body_of(linked, clip, publish_at=publish_at))
    published = draft_published(api, linked, clip, **({"publish_at": publish_at} if publish_at else {}))

    for answer in (created, published):
        assert (answer.status_code, answer.json()["code"], answer.json()["tiktok_code"]) == (409, cap, cap)
        assert answer.json()["detail"].endswith(HINT)


def test_banned_account_is_refused_whenever_it_shall_post(
    api: Api, linked: TikTokAccount, clip: Media, tiktok: Simulator, clock: Clock
) -> None:
    clock.set(NOW)
    tiktok.fault("error", "creator_info", code="spam_risk_user_banned_from_posting", times=-1)

    answer = api.create(body_of(linked, clip, publish_at=LATER))

    assert (answer.status_code, answer.json()["code"]) == (409, "spam_risk_user_banned_from_posting")


def test_page_schedules_a_post_for_after_the_capped_day(
    page: Client, linked: TikTokAccount, clip: Media, cap: str
) -> None:
    shown = page.get(address(linked))
    assert shown.context["form"]["when"].value() == "later"
    assert shown.content.decode().count(HINT) == 1

    page.post(address(linked), filled_for(clip, LATER))

    assert Post.objects.get().state == PostState.SCHEDULED


def test_page_refuses_a_post_within_the_capped_day(page: Client, linked: TikTokAccount, clip: Media, cap: str) -> None:
    now = page.post(address(linked), filled(clip))
    soon = page.post(address(linked), filled_for(clip, TOO_SOON[-1]))

    assert (list(now.context["form"].errors), list(soon.context["form"].errors)) == (["when"], ["publish_at"])
    assert HINT in str(now.context["form"].errors)
    assert not Post.objects.exists()


def test_page_saves_a_draft_while_the_day_is_capped(page: Client, linked: TikTokAccount, clip: Media, cap: str) -> None:
    page.post(address(linked), filled(clip, action="draft"))

    assert Post.objects.get().state == PostState.DRAFT


def test_form_sent_twice_is_one_post_though_the_day_is_capped_since(
    page: Client, linked: TikTokAccount, clip: Media, tiktok: Simulator
) -> None:
    body = filled(clip)
    first = page.post(address(linked), body)
    tiktok.fault("error", "creator_info", code="spam_risk_too_many_posts", times=-1)

    assert page.post(address(linked), body)["Location"] == first["Location"]


def test_capped_account_offers_what_tiktok_offered_last(
    page: Client, api: Api, linked: TikTokAccount, clip: Media, tiktok: Simulator, clock: Clock
) -> None:
    clock.set(NOW)
    tiktok.post("users", id="maren", duet_disabled=True)
    api.create(body_of(linked, clip))
    tiktok.fault("error", "creator_info", code="spam_risk_too_many_posts", times=-1)

    form = page.get(address(linked)).context["form"]
    refused = api.create(body_of(linked, clip, publish_at=LATER, allow_duet=True))

    assert form.fields["allow_duet"].disabled
    assert (refused.status_code, [error["field"] for error in refused.json()["errors"]]) == (422, ["allow_duet"])


def test_post_taken_in_spite_of_a_cap_is_checked_at_its_time(
    api: Api, linked: TikTokAccount, clip: Media, tiktok: Simulator, worker: Worker, instance: Instance
) -> None:
    worker.clock.set(NOW)
    tiktok.fault("error", "creator_info", code="spam_risk_too_many_posts", times=-1)
    taken = api.create(body_of(linked, clip, publish_at=LATER, allow_duet=True))
    tiktok.clear_faults()
    tiktok.post("users", id="maren", duet_disabled=True)

    worker.run_for(25 * 3600)

    post = reread(Post.objects.get(pk=taken.json()["id"]), instance)
    assert (post.state, post.attention_reason) == (PostState.NEEDS_ATTENTION, "options_changed")
    assert tiktok.posts() == []


def test_post_that_waits_can_be_edited_while_the_day_is_capped(
    page: Client, api: Api, linked: TikTokAccount, clip: Media, tiktok: Simulator, clock: Clock
) -> None:
    clock.set(NOW)
    planned = api.create(body_of(linked, clip, publish_at=(NOW + timedelta(days=7)).isoformat())).json()
    tiktok.fault("error", "creator_info", code="spam_risk_too_many_posts", times=-1)
    edit = reverse("tiktok:post-edit", args=["aurora", planned["id"]])

    page.post(edit, filled_for(clip, "2027-01-11T12:00", caption="Better words"))

    post = Post.objects.get()
    assert (post.state, post.caption) == (PostState.SCHEDULED, "Better words")
