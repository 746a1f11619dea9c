"""Line breaks of a caption: one character each, whichever way they came; TikTok gets line feeds alone."""

import pytest
from django.forms import Form, Textarea
from django.test import Client
from django.urls import reverse

from accounts.models import User
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.connect.links.forms import LinksForm
from tiktok.models import Media, Post, TikTokAccount
from tiktok.posts.web.forms import PostForm
from tiktok.tests.factories import make_media
from tiktok.tests.fixtures_posts import Worker
from tiktok.tests.fixtures_rest import Api, body_of
from tiktok.tests.integration.posts.test_composer import address, filled
from tiktok.tests.simulator_process import Simulator

pytestmark = pytest.mark.django_db

# 2200 characters with ten line breaks, as many as TikTok takes.
LONGEST = "\n".join([*["x" * 199] * 10, "y" * 200])


@pytest.fixture
def clip(instance: Instance) -> Media:
    with instance_scope(instance):
        return make_media(instance)


@pytest.fixture
def page(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


def as_browsers_send(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


def caption_of(instance: Instance) -> str:
    with instance_scope(instance):
        return Post.objects.get().caption


@pytest.mark.parametrize("sent", ["one\r\ntwo\r\n\r\nthree", "one\rtwo\r\rthree", "one\ntwo\n\nthree"])
def test_line_breaks_of_the_page_are_stored_as_line_feeds(
    page: Client, linked: TikTokAccount, clip: Media, instance: Instance, sent: str
) -> None:
    page.post(address(linked), filled(clip, caption=sent))

    assert caption_of(instance) == "one\ntwo\n\nthree"


def test_page_takes_as_many_characters_as_the_browser_counts(
    page: Client, linked: TikTokAccount, clip: Media, instance: Instance
) -> None:
    refused = page.post(address(linked), filled(clip, caption=as_browsers_send(LONGEST + "\n")))
    answer = page.post(address(linked), filled(clip, caption=as_browsers_send(LONGEST)))

    assert (answer.status_code, caption_of(instance)) == (302, LONGEST)
    assert refused.context["form"].errors == {"caption": ["The caption is 1 character too long; 2200 are allowed."]}


@pytest.mark.parametrize("caption", ["first\nsecond\n", "first\r\nsecond", "first\rsecond", "\n first", LONGEST])
def test_draft_saved_unchanged_on_the_page_stays_byte_for_byte(
    page: Client, api: Api, linked: TikTokAccount, clip: Media, instance: Instance, caption: str
) -> None:
    draft = api.create(body_of(linked, clip, caption=caption, draft=True, consent=None)).json()
    edit = reverse("tiktok:post-edit", args=["aurora", draft["id"]])
    shown = page.get(edit).context["form"]["caption"].value()

    answer = page.post(edit, filled(clip, caption=as_browsers_send(shown), action="draft"))

    assert (answer.status_code, caption_of(instance)) == (302, caption)
    assert api.get(f"/posts/{draft['id']}").json()["caption"] == caption


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_title_at_tiktok_has_line_feeds_alone(
    api: Api, linked: TikTokAccount, clip: Media, worker: Worker, tiktok: Simulator, line_break: str
) -> None:
    caption = LONGEST.replace("\n", line_break)

    created = api.create(body_of(linked, clip, caption=caption))
    worker.run_for(60)

    assert (created.status_code, created.json()["caption"]) == (201, caption)
    assert [post.post_info["title"] for post in tiktok.posts()] == [LONGEST]


@pytest.mark.parametrize("form", [PostForm, LinksForm])
def test_fields_of_several_lines_count_a_line_break_once(form: type[Form]) -> None:
    fields = [field for field in form.base_fields.values() if isinstance(field.widget, Textarea)]
    longest = [(field, "\r\n".join("x" * (field.max_length // 2 + 1))[:-1]) for field in fields]  # type: ignore[attr-defined]

    assert [field.clean("a\r\nb\rc") for field in fields] == ["a\nb\nc"]
    assert [len(field.clean(text)) <= field.max_length for field, text in longest] == [True]  # type: ignore[attr-defined]
