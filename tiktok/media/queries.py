"""Queries of media, inside an instance's scope."""

from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from instances.scoping import unscoped
from tiktok.media import incoming
from tiktok.models import Media, MediaUpload, Post, PostMedia
from tiktok.models.states import FINAL


def media_list() -> QuerySet[Media]:
    """Return media that can be used or viewed, newest first, with ``post_count`` and the uploader."""
    counts = PostMedia.objects.filter(media=OuterRef("pk")).order_by().values("media").annotate(n=Count("pk"))
    used = Coalesce(Subquery(counts.values("n"), output_field=IntegerField()), 0)
    newest = Media.objects.filter(deleted_at=None).select_related("uploaded_by").order_by("-created_at", "-pk")
    return newest.annotate(post_count=used)


def posts_with(media: Media) -> QuerySet[Post]:
    """Return posts that show this file."""
    return Post.objects.filter(items__media=media)


def open_posts_with(media: Media) -> QuerySet[Post]:
    """Return posts that may still have to send it."""
    return posts_with(media).exclude(state__in=FINAL)


def unfinished_uploads(person: User) -> QuerySet[MediaUpload]:
    """Return a person's uploads that wait for more bytes."""
    return _active().filter(created_by=person, offset__lt=F("size_bytes")).order_by("-created_at")


def bytes_under_way() -> int:
    """Return the bytes that uploads of all instances have announced and not sent yet: they share one disk."""
    with unscoped(reason="uploads of every instance take room on the same disk"):
        total = _active().aggregate(total=Sum(F("size_bytes") - F("offset")))["total"]
    return int(total or 0) + incoming.bytes_under_way()


def _active() -> QuerySet[MediaUpload]:
    return MediaUpload.objects.filter(media=None, expires_at__gt=timezone.now())
