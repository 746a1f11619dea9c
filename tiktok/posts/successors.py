"""Failed posts and the posts that replaced them (``Post.corrects``)."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from tiktok.models import Post, PostState

#: A successor in one of these replaces nothing yet: it was never sent, or will not be.
UNSENT: Final = frozenset({PostState.DRAFT, PostState.CANCELLED})


def sent_successors() -> QuerySet[Post]:
    """Return posts that replace another one and were sent or scheduled, the newest first."""
    return Post.objects.filter(corrects__isnull=False).exclude(state__in=UNSENT).order_by("-created_at", "-id")


def is_reposted() -> Exists:
    """Return the condition that a post was reposted; its failure then counts no more."""
    return Exists(sent_successors().filter(corrects=OuterRef("pk")).order_by())


def has_failed() -> Q:
    """Return the condition that a post failed and was not reposted. Use it inside the scope it was built in."""
    return Q(state=PostState.FAILED) & ~Q(is_reposted())


def successors_of(post_ids: Iterable[UUID]) -> dict[UUID, Post]:
    """Return the newest sent successor of each post that has one; one statement."""
    found = sent_successors().filter(corrects__in=list(post_ids)).only("id", "title", "caption", "corrects", "state")
    return {post.corrects_id: post for post in reversed(found) if post.corrects_id}
