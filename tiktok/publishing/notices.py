"""What the instance's notices say about posts: named by ``settings.NOTICE_WORDS`` and ``NOTICE_SUBJECTS``."""

from collections.abc import Mapping
from uuid import UUID

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from instances.models import Instance
from instances.notices.words import Subject, Words
from tiktok.models import Post
from tiktok.publishing.texts import explain_post

LONGEST_NAME = 90


def words(parts: Mapping[str, str]) -> Words:
    """The same sentences as on the post's page, from the columns that the notice kept."""
    explained = explain_post(Post(**parts))
    return Words(explained.what, explained.does, explained.can) if explained else Words("", "", "")


def subjects(instance: Instance, post_ids: list[UUID]) -> Mapping[UUID, Subject]:
    """Caption, account and page of the posts that are still there."""
    found = Post.objects.filter(pk__in=post_ids).select_related("account").only("caption", "account__name")
    return {post.pk: _subject(instance, post) for post in found}


def _subject(instance: Instance, post: Post) -> Subject:
    name = Truncator(post.caption).chars(LONGEST_NAME) or _("No caption")
    return Subject(name, post.account.name, reverse("tiktok:post-detail", args=[instance.slug, post.pk]))
