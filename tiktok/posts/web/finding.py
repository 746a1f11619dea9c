"""Posts in the command palette."""

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from core.web.looks import look_of
from instances.http import InstanceRequest
from instances.palette import MOST_FOUND, Group, Hit
from tiktok.models import Post
from tiktok.posts.wording.explanation import title_of

LABEL_LENGTH = 70


def find_posts(request: InstanceRequest, text: str) -> Group:
    """Return the newest posts whose title or caption contains ``text``; one statement."""
    found = Post.objects.filter(Q(caption__icontains=text) | Q(title__icontains=text)).select_related("account")
    return Group(_("Posts"), [_hit(post, request.instance.slug) for post in found[:MOST_FOUND]])


def _hit(post: Post, slug: str) -> Hit:
    look = look_of(post.state)
    label = title_of(post, longest=LABEL_LENGTH)
    note = f"{post.account.name} · {look.label}"
    return Hit(label, reverse("tiktok:post-detail", args=[slug, post.pk]), look.icon, note)
