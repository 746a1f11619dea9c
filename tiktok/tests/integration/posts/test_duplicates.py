"""Duplicate: the composer as a new post with the content of another one."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import Post, PostState, TikTokAccount
from tiktok.tests.factories import make_account, make_media, make_post

pytestmark = pytest.mark.django_db
S = PostState


@pytest.fixture
def page(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


Copied = Callable[[Post], dict[str, object]]


@pytest.fixture
def copied(page: Client, linked: TikTokAccount) -> Copied:
    """The values of the composer that starts from a post."""

    def read(post: Post) -> dict[str, object]:
        form = page.get(reverse("tiktok:post-new", args=["aurora"]), {"from": str(post.pk)}).context["form"]
        return {name: form[name].value() for name in form.fields}

    return read


@pytest.mark.parametrize("state", [S.PUBLISHED, S.SCHEDULED, S.FAILED, S.CANCELLED])
def test_duplicate_starts_a_new_post_with_the_same_content(
    copied: Copied, linked: TikTokAccount, instance: Instance, state: PostState
) -> None:
    with instance_scope(instance):
        video = make_media(instance)
        options = {"privacy_level": "SELF_ONLY", "allow_duet": True, "is_aigc": True, "cover_timestamp_ms": 2500}
        times = {"publish_local": "2027-03-01T10:00:00", "publish_zone": "UTC"}
        post = make_post(linked, video, state=state, caption="Again", **options, **times)
    values = copied(post)
    assert (values["caption"], values["media"], values["cover_s"]) == ("Again", video.pk, 2.5)
    assert (values["allow_duet"], values["is_aigc"], values["brand_content"]) == (True, True, False)
    assert (values["privacy_level"], values["when"], values["publish_at"]) == ("", "now", None)
    with instance_scope(instance):
        assert Post.objects.count() == 1


def test_duplicate_knows_no_post_of_another_instance(
    page: Client, linked: TikTokAccount, other_instance: Instance
) -> None:
    with instance_scope(other_instance):
        foreign = make_post(make_account(other_instance), caption="Secret")
    answer = page.get(reverse("tiktok:post-new", args=["aurora"]), {"from": str(foreign.pk)})
    assert answer.context["form"]["caption"].value() is None
