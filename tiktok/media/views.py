"""The media page, its uploads, and the files themselves."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_POST, require_safe

from core.jobs.nudge import nudge
from instances.decorators import require_permission
from instances.http import InstanceRequest
from instances.roles import Permission
from tiktok.media import form_upload, queries, services, storage, tus
from tiktok.media.errors import MediaError
from tiktok.media.notices import mark_seen
from tiktok.media.present import describe
from tiktok.media.serve import send_file
from tiktok.models import Media, MediaUpload

PER_PAGE = 24
PERSON_HEADER = "Clipdesk-Person"
SERVED_TYPES = frozenset({"video/mp4", "video/quicktime", "video/webm", "image/jpeg", "image/png", "image/webp"})


@require_GET
@require_permission(Permission.CONTENT_VIEW)
def media_list(request: InstanceRequest) -> HttpResponse:
    """Show all media of the instance, newest first."""
    page = Paginator(queries.media_list(), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "tiktok/media/media_list.html", {"page": page, "can_write": _can_write(request)})


def _can_write(request: InstanceRequest) -> bool:
    return request.membership.can(Permission.MEDIA_WRITE)


@require_GET
@require_permission(Permission.CONTENT_VIEW)
def media_card(request: InstanceRequest, media_id: UUID) -> HttpResponse:
    """Show one media card, for a page that waits until the file is checked."""
    media = get_object_or_404(queries.media_list(), pk=media_id)
    mark_seen(media, request.user)
    return render(request, "tiktok/media/_card.html", {"media": media, "can_write": _can_write(request)})


@require_POST
@require_permission(Permission.MEDIA_WRITE)
def media_delete(request: InstanceRequest, media_id: UUID) -> HttpResponse:
    """Delete for good, unless a post needs it."""
    media = get_object_or_404(Media, pk=media_id, deleted_at=None)
    try:
        services.delete_media(media, actor=request.user)
    except MediaError as error:
        messages.error(request, error.user_message)
    else:
        messages.success(request, _("“%(name)s” was deleted.") % {"name": media.original_name})
    return redirect("tiktok:media-list", request.instance.slug)


@require_safe
@require_permission(Permission.CONTENT_VIEW)
def media_file(request: InstanceRequest, media_id: UUID) -> HttpResponseBase:
    """Send the file for a preview."""
    media = get_object_or_404(Media, pk=media_id, deleted_at=None)
    content_type = media.content_type if media.content_type in SERVED_TYPES else "application/octet-stream"
    return _send(request, media.path, content_type, media.sha256)


@require_safe
@require_permission(Permission.CONTENT_VIEW)
def media_thumbnail(request: InstanceRequest, media_id: UUID) -> HttpResponseBase:
    """Send the thumbnail for the card."""
    media = get_object_or_404(Media, pk=media_id, deleted_at=None)
    if not media.thumbnail_path:
        raise Http404
    return _send(request, media.thumbnail_path, "image/jpeg", media.pk.hex)


def _send(request: HttpRequest, stored: str, content_type: str, etag: str) -> HttpResponseBase:
    path = storage.absolute(stored)
    if not path.is_file():
        raise Http404
    return send_file(request, path, content_type=content_type, etag=etag)


@csrf_exempt  # checked below, once the form's file has somewhere to go
@require_permission(Permission.MEDIA_WRITE)
def upload_collection(request: InstanceRequest) -> HttpResponseBase:
    """Create an upload by tus, or, without JavaScript, receive a whole form."""
    if request.content_type == "multipart/form-data":
        form_upload.prepare(request)
        return _form_upload(request)
    return _tus_upload(request)


@csrf_exempt  # checked below, as for the collection
@require_permission(Permission.MEDIA_WRITE)
def upload_one(request: InstanceRequest, upload_id: UUID) -> HttpResponseBase:
    """Serve tus for one upload."""
    return _tus_upload(request, upload_id)


@csrf_protect
def _tus_upload(request: InstanceRequest, upload_id: UUID | None = None) -> HttpResponseBase:
    def address(pk: UUID) -> str:
        return reverse("tiktok:media-upload", args=[request.instance.slug, pk])

    if _is_of_another_person(request):
        return HttpResponse(status=HTTPStatus.PRECONDITION_FAILED)
    try:
        return tus.answer(request, address, upload_id)
    except MediaError as error:
        return _fault(error)


def _is_of_another_person(request: InstanceRequest) -> bool:
    """Return whether the uploading page was made for a person other than the one now signed in."""
    return request.headers.get(PERSON_HEADER, str(request.user.pk)) != str(request.user.pk)


def _form_upload(request: InstanceRequest) -> HttpResponseBase:
    try:
        return _take_form(request)
    except MediaError as error:
        messages.error(request, error.user_message)
    return redirect("tiktok:media-list", request.instance.slug)


@csrf_protect
def _take_form(request: InstanceRequest) -> HttpResponseBase:
    file = form_upload.received_file(request)
    media = services.take_file(file.path, instance=request.instance, actor=request.user, name=file.given_name)
    nudge("check_media", media.pk)
    messages.success(request, _("“%(name)s” was uploaded.") % {"name": media.original_name})
    return redirect("tiktok:media-list", request.instance.slug)


@require_POST
@require_permission(Permission.MEDIA_WRITE)
def upload_finish(request: InstanceRequest, upload_id: UUID) -> HttpResponseBase:
    """Return the media that an upload became, as JSON; a worker checks it. 422 when its bytes are missing."""
    if _is_of_another_person(request):
        return HttpResponse(status=HTTPStatus.PRECONDITION_FAILED)
    upload = get_object_or_404(MediaUpload.objects.select_related("media"), pk=upload_id)
    try:
        media = services.finish_upload(upload)
    except MediaError as error:
        return _fault(error)
    nudge("check_media", media.pk)
    return JsonResponse(describe(media))


@require_POST
@require_permission(Permission.MEDIA_WRITE)
def upload_discard(request: InstanceRequest, upload_id: UUID) -> HttpResponse:
    """Give up an unfinished upload."""
    upload = get_object_or_404(MediaUpload, pk=upload_id)
    try:
        services.cancel_upload(upload)
    except MediaError as error:
        messages.error(request, error.user_message)
    return redirect("tiktok:media-list", request.instance.slug)


def _fault(error: MediaError) -> JsonResponse:
    again = {} if error.retry_after_s is None else {"Retry-After": str(error.retry_after_s)}
    return JsonResponse({"code": error.code, "message": error.user_message}, status=error.status, headers=again)
