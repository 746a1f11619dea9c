"""What the instance's notices say: named by ``settings.NOTICE_WORDS`` and ``NOTICE_SUBJECTS``."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from instances.models import Instance, Notice
from instances.notices.words import Subject, Words
from tiktok.linking import notices as about_accounts
from tiktok.media import notices as about_media
from tiktok.models import Post
from tiktok.publishing.texts import explain_post

LONGEST_NAME = 90


def words(notice: Notice) -> Words:
    """For a post the same sentences as on its page, from the columns that the notice kept."""
    if notice.kind in about_accounts.KINDS:
        return about_accounts.words(notice)
    if notice.kind in about_media.KINDS:
        return about_media.words(notice)
    explained = explain_post(Post(**notice.parts))
    return Words(explained.what, explained.does, explained.can) if explained else Words("", "", "")


def subjects(instance: Instance, notices: Sequence[Notice]) -> Mapping[UUID, Subject]:
    """Posts, accounts and videos that are still there; a statement for each sort that occurs."""
    accounts = {notice.subject_id for notice in notices if notice.kind in about_accounts.KINDS}
    media = {notice.subject_id for notice in notices if notice.kind in about_media.KINDS}
    posts = {notice.subject_id for notice in notices} - accounts - media
    sorts = ((posts, _posts), (accounts, about_accounts.subjects), (media, about_media.subjects))
    return {pk: subject for ids, find in sorts if ids for pk, subject in find(instance, ids).items()}


def _posts(instance: Instance, post_ids: Collection[UUID]) -> Mapping[UUID, Subject]:
    found = Post.objects.filter(pk__in=post_ids).select_related("account").only("caption", "account__name")
    return {post.pk: _subject(instance, post) for post in found}


def _subject(instance: Instance, post: Post) -> Subject:
    name = Truncator(post.caption).chars(LONGEST_NAME) or _("No caption")
    return Subject(name, post.account.name, reverse("tiktok:post-detail", args=[instance.slug, post.pk]))
