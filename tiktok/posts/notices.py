"""The words of notifications about posts."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from instances.models import Instance, Notice, NoticeKind
from instances.notices.words import Heading, Subject, Topic, Words
from tiktok.models import Post
from tiktok.posts.wording.codes import explain_post

LONGEST_NAME = 90


def words(notice: Notice) -> Words:
    """Return the sentences of the post's page, from the columns that the notification kept."""
    explained = explain_post(Post(**notice.parts))
    return Words(explained.what, explained.does, explained.can) if explained else Words("", "", "")


def subjects(instance: Instance, post_ids: Collection[UUID]) -> Mapping[UUID, Subject]:
    """Find posts that still exist; one statement."""
    found = Post.objects.filter(pk__in=post_ids).select_related("account").only("title", "caption", "account__name")
    return {post.pk: _subject(instance, post) for post in found}


def _subject(instance: Instance, post: Post) -> Subject:
    name = Truncator(post.title or post.caption).chars(LONGEST_NAME) or _("No caption")
    return Subject(name, post.account.name, reverse("tiktok:post-detail", args=[instance.slug, post.pk]))


TOPIC = Topic(
    {
        NoticeKind.FAILED: Heading(
            "failed",
            gettext_lazy("A post failed"),
            ngettext_lazy("%(count)d post failed", "%(count)d posts failed", "count"),
        ),
        NoticeKind.ATTENTION: Heading(
            "needs_attention",
            gettext_lazy("A post needs attention"),
            ngettext_lazy("%(count)d post needs attention", "%(count)d posts need attention", "count"),
        ),
        NoticeKind.RECONNECT: Heading(
            "waiting_account",
            gettext_lazy("A post is waiting for its account"),
            ngettext_lazy(
                "%(count)d post is waiting for its account", "%(count)d posts are waiting for their account", "count"
            ),
        ),
    },
    words,
    subjects,
    gone=gettext_lazy("This post was deleted."),
)
