"""Creator info cannot be read when the composer's form is sent: nothing typed is lost, and drafts can be saved."""

import re
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from instances.models import Instance
from tiktok.models import AccountStatus, Post, PostState, TikTokAccount
from tiktok.tests.factories import make_media
from tiktok.tests.fixtures_posts import Clock, link_simulated
from tiktok.tests.simulator_process import Simulator

pytestmark = pytest.mark.django_db

CONTROL = re.compile(r"<(?:input|textarea|select|button)\b[^>]*>")


@pytest.fixture
def page(client: Client, editor: User, scoped: Instance) -> Client:
    client.force_login(editor)
    return client


@pytest.fixture
def typed(scoped: Instance, linked: TikTokAccount) -> dict[str, Any]:
    """Return the fields that a browser sends for a complete scheduled post."""
    return {
        "submit_key": str(uuid4()),
        "media": str(make_media(scoped).pk),
        "caption": "Hello from the hills",
        "privacy_level": "MUTUAL_FOLLOW_FRIENDS",
        "allow_comment": "on",
        "allow_stitch": "on",
        "disclose": "on",
        "brand_organic": "on",
        "is_aigc": "on",
        "cover_s": "0",
        "when": "later",
        "publish_at": "2027-03-01T10:00",
        "timezone": "Asia/Kathmandu",
    }


@pytest.fixture
def address(linked: TikTokAccount) -> str:
    return reverse("tiktok:post-new", args=["aurora"]) + f"?to={linked.pk}"


def attribute(control: str, name: str) -> str | None:
    found = re.search(rf'\b{name}="([^"]*)"', control)
    return unescape(found[1]) if found else None


def sent_by(html: str) -> dict[str, str]:
    """Return the fields that a browser without JavaScript sends when a button of the composer is pressed."""
    fields = {}
    for control in CONTROL.findall(html):
        name, kind = attribute(control, "name"), attribute(control, "type")
        is_left_out = kind in ("radio", "checkbox") and not re.search(r"\schecked\b", control)
        if name and control.startswith("<input") and not is_left_out and attribute(control, "form") == "composer":
            fields[name] = attribute(control, "value") or ("on" if kind == "checkbox" else "")
    for name in ("privacy_level", "timezone"):
        if chosen := re.search(rf'<select name="{name}".*?<option value="([^"]*)" selected', html, re.DOTALL):
            fields[name] = chosen[1]
    text = re.search(r'<textarea name="caption"[^>]*>\r?\n?(.*?)</textarea>', html, re.DOTALL)
    return fields | {"caption": unescape(text[1]) if text else ""}


def buttons(html: str) -> set[str | None]:
    return {attribute(control, "value") for control in CONTROL.findall(html) if 'name="action"' in control}


def assert_kept(html: str, typed: dict[str, Any]) -> None:
    sent = sent_by(html)
    assert {name: sent.get(name) for name in typed} == typed
    assert {name for name in ("allow_duet", "brand_content") if sent.get(name)} == set()


def use_up(page: Client, address: str) -> None:
    """All of the minute's calls; the form itself is the one too many."""
    for _call in range(20):
        page.get(address)


def test_text_is_kept_and_can_be_saved_when_the_rate_limit_is_reached(
    page: Client, typed: dict[str, Any], address: str, clock: Clock
) -> None:
    use_up(page, address)
    html = page.post(address, typed | {"action": "publish"}).content.decode()
    assert "limit of calls per minute" in html
    assert "save it as a draft" in html
    assert buttons(html) == {"look", "draft"}
    assert_kept(html, typed)
    assert page.post(address, sent_by(html) | {"action": "draft"}).status_code == 302
    post = Post.objects.get()
    assert (post.state, post.caption, post.privacy_level) == (PostState.DRAFT, typed["caption"], typed["privacy_level"])
    assert (post.allow_comment, post.allow_duet, post.allow_stitch) == (True, False, True)
    assert (post.publish_local, post.publish_zone) == ("2027-03-01T10:00:00", "Asia/Kathmandu")


def test_while_tiktok_answers_500_the_text_stays_and_can_be_saved(
    page: Client, typed: dict[str, Any], address: str, tiktok: Simulator
) -> None:
    tiktok.fault("server_error", "creator_info", times=-1)
    html = page.post(address, typed | {"action": "publish"}).content.decode()
    assert "This account can’t publish now" in html
    assert_kept(html, typed)
    assert page.post(address, sent_by(html) | {"action": "draft"}).status_code == 302
    assert Post.objects.get().caption == typed["caption"]


def test_trying_again_offers_publishing_as_soon_as_tiktok_answers(
    page: Client, typed: dict[str, Any], address: str, tiktok: Simulator
) -> None:
    tiktok.fault("server_error", "creator_info", times=-1)
    html = page.post(address, typed | {"action": "publish"}).content.decode()
    html = page.post(address, sent_by(html) | {"action": "look"}).content.decode()
    assert buttons(html) == {"look", "draft"}
    tiktok.clear_faults()
    html = page.post(address, sent_by(html) | {"action": "look"}).content.decode()
    assert buttons(html) == {"publish", "draft"}
    assert not Post.objects.exists()
    assert_kept(html, typed)
    assert page.post(address, sent_by(html) | {"action": "publish"}).status_code == 302
    assert Post.objects.get().state == PostState.SCHEDULED


def test_an_account_that_needs_a_reconnect_keeps_its_form(
    page: Client, typed: dict[str, Any], address: str, linked: TikTokAccount
) -> None:
    TikTokAccount.objects.update(status=AccountStatus.RECONNECT_NEEDED)
    html = page.post(address, typed | {"action": "publish"}).content.decode()
    assert "then reconnect the account" in html
    assert_kept(html, typed)
    page.post(address, sent_by(html) | {"action": "draft"})
    assert Post.objects.get().account == linked


def test_a_draft_that_is_edited_keeps_its_text_too(
    page: Client, typed: dict[str, Any], address: str, tiktok: Simulator
) -> None:
    page.post(address, typed | {"action": "draft"})
    edit = reverse("tiktok:post-edit", args=["aurora", Post.objects.get().pk])
    tiktok.fault("server_error", "creator_info", times=-1)
    html = page.post(edit, typed | {"caption": "Better words", "action": "publish"}).content.decode()
    assert_kept(html, typed | {"caption": "Better words"})
    page.post(edit, sent_by(html) | {"action": "draft"})
    assert Post.objects.get().caption == "Better words"


def test_the_form_names_its_account(page: Client, linked: TikTokAccount) -> None:
    """Find the account again even if it stops working while a person writes."""
    html = page.get(reverse("tiktok:post-new", args=["aurora"])).content.decode()
    assert f'name="to" value="{linked.pk}"' in html


def test_switching_the_account_keeps_the_text_and_clears_the_choices(
    page: Client, typed: dict[str, Any], address: str, linked: TikTokAccount, tiktok: Simulator
) -> None:
    other = link_simulated(tiktok, linked.credential.app, linked.instance, "second.bakery")
    half = typed | {"to": str(linked.pk), "publish_at": "", "repeat_ok": "on"}  # no time yet

    html = page.post(address, half | {"other": str(other.pk)}).content.decode()

    sent = sent_by(html)
    assert "(@second.bakery) on TikTok" in html.replace("<bdi>", "").replace("</bdi>", "")
    assert f'name="to" value="{other.pk}"' in html
    assert (sent["caption"], sent["media"]) == (typed["caption"], typed["media"])
    assert (sent.get("privacy_level", ""), sent.get("repeat_ok")) == ("", None)
    assert 'role="alert"' not in html[html.index("<main") : html.index("</main>")]
    assert not Post.objects.exists()
