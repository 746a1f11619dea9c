"""A video as a choice of the composer."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from instances.decorators import require_permission
from instances.http import InstanceRequest
from instances.roles import Permission
from tiktok.media.notices import mark_seen
from tiktok.models import Media


@require_GET
@require_permission(Permission.POST_WRITE)
def post_media_choice(request: InstanceRequest, media_id: UUID) -> HttpResponse:
    """A just uploaded video as a choice of the composer, chosen unless it cannot be published."""
    media = get_object_or_404(Media, pk=media_id, deleted_at=None)
    mark_seen(media, request.user)
    checked = not media.is_photo and (media.is_checking or media.can_be_published)
    return render(request, "tiktok/posts/_media_choice.html", {"media": media, "checked": checked})
