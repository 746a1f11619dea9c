"""Media in the REST API (design 9): a file in one request, or in parts by tus."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import P, QueryEx, Router, Schema
from ninja.responses import Status

from instances.http import InstanceRequest
from instances.jobs.nudge import nudge
from instances.problems import ApiProblem, problem_response
from instances.rest import MOST_PER_PAGE, Cursor, Page, paginate, require_scope
from instances.roles import KeyScope
from tiktok.media import form_upload, queries, services, tus
from tiktok.media.errors import MediaError, MediaRefused
from tiktok.media.present import describe, describe_refusal
from tiktok.media.tasks import check_media
from tiktok.models import Media, MediaState, MediaUpload

Answer = dict[str, Any]
PER_PAGE: Final = 25
UPLOAD: Final = "/media/uploads/{uuid:upload_id}"
MULTIPART: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [form_upload.FIELD],
                    "properties": {form_upload.FIELD: {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}
ABOUT_TUS: Final = "tus 1.0.0, see https://tus.io/protocols/resumable-upload"
auth: Final = require_scope(KeyScope.MEDIA_WRITE)
router = Router(tags=["media"])


class ProblemOut(Schema):
    """A limit of TikTok's that the file breaks; ``fixable``: converting the same video can help."""

    code: str
    message: str
    fixable: bool


class RefusalOut(Schema):
    """Why a file cannot be used."""

    code: str
    message: str


class MediaOut(Schema):
    """A stored video. Its facts are null while ``state`` is ``checking``, and when the file was ``refused``."""

    id: str
    kind: str
    state: MediaState
    name: str
    content_type: str | None
    size_bytes: int
    sha256: str | None
    duration_ms: int | None
    width: int | None
    height: int | None
    fps: float | None
    codec: str | None
    problems: list[ProblemOut]
    refusal: RefusalOut | None
    created_at: datetime


class UploadOut(Schema):
    """Where an upload stands. Once all bytes are there: ``media``, or ``problem`` when the file was refused."""

    id: UUID
    size_bytes: int
    offset: int
    expires_at: datetime
    media: MediaOut | None
    problem: RefusalOut | None


@contextmanager
def faults_as_problems(field: str = "") -> Iterator[None]:
    """Let a MediaError leave as problem details, naming ``field`` where the input is at fault."""
    try:
        yield
    except MediaError as error:
        errors = [(field, error.user_message)] if field and error.status in {400, 413, 422} else []
        raise ApiProblem(error.status, error.code, error.user_message, errors) from error


@router.post(
    "/media", response={201: MediaOut}, auth=auth, summary="Upload a video in one request", openapi_extra=MULTIPART
)
def upload_media(request: InstanceRequest) -> Status[Answer]:
    """multipart/form-data with one ``file``, up to 4 GB. Clipdesk then checks it: ask for the media until its ``state``
    is ``ready``, with what TikTok would refuse in ``problems``, or ``refused``, with the reason in ``refusal``.
    """
    with faults_as_problems(form_upload.FIELD):
        form_upload.prepare(request)
        file = form_upload.received_file(request)
        media = services.take_file(file.path, instance=request.instance, actor=request.user, name=file.name or "")
    nudge(check_media, media.pk)
    return Status(201, describe(media))


@router.get("/media", response=Page[MediaOut], auth=auth, summary="Media, newest first")
def list_media(
    request: InstanceRequest,
    cursor: Cursor = None,
    limit: QueryEx[int, P(ge=1, le=MOST_PER_PAGE)] = PER_PAGE,
) -> Answer:
    """All videos of the instance."""
    rows, next_cursor = paginate(queries.media_list(), cursor, limit)
    return {"items": [describe(media) for media in rows], "next_cursor": next_cursor}


@router.get("/media/{uuid:media_id}", response=MediaOut, auth=auth, summary="One video")
def show_media(request: InstanceRequest, media_id: UUID) -> Answer:
    """Its state, facts and problems."""
    return describe(_find(media_id))


@router.delete("/media/{uuid:media_id}", response={204: None}, auth=auth, summary="Delete a video")
def delete_media(request: InstanceRequest, media_id: UUID) -> Status[None]:
    """409 while a post that is not final needs it."""
    media = _find(media_id)
    with faults_as_problems():
        services.delete_media(media, actor=request.user)
    return Status(204, None)


def _find(media_id: UUID) -> Media:
    return get_object_or_404(Media, pk=media_id, deleted_at=None)


@router.post("/media/uploads", auth=auth, response={201: None}, summary="Begin an upload in parts")
def create_upload(request: InstanceRequest) -> HttpResponse:
    """``Upload-Length`` and ``Upload-Metadata: filename <Base64>``; answers with ``Location``."""
    return _tus(request)


@router.get(UPLOAD, response=UploadOut, auth=auth, summary="Where an upload stands, and what it became")
def show_upload(request: InstanceRequest, upload_id: UUID) -> Answer:
    """Once complete: ``media``, which Clipdesk then checks, or ``problem`` when the file was refused."""
    upload = get_object_or_404(MediaUpload.objects.select_related("media"), pk=upload_id)
    problem = _finish(upload) if upload.media is None and upload.offset == upload.size_bytes else None
    media = upload.media
    refusal = describe_refusal(media) if media else problem
    return {
        "id": upload.pk,
        "size_bytes": upload.size_bytes,
        "offset": upload.offset,
        "expires_at": upload.expires_at,
        "media": describe(media) if media and not refusal else None,
        "problem": refusal,
    }


def _finish(upload: MediaUpload) -> Answer | None:
    """Make media of what a killed server left complete; the problem when its bytes are gone."""
    with faults_as_problems():
        try:
            media = services.finish_upload(upload)
        except MediaRefused as refused:
            return {"code": refused.code, "message": refused.user_message}
    nudge(check_media, media.pk)
    return None


@router.api_operation(["HEAD"], UPLOAD, auth=auth, response={200: None}, summary="How far an upload is")
def head_upload(request: InstanceRequest, upload_id: UUID) -> HttpResponse:
    """``Upload-Offset`` is where to go on."""
    return _tus(request, upload_id)


@router.patch(
    UPLOAD, auth=auth, response={204: None}, summary="Send the next bytes of an upload", description=ABOUT_TUS
)
def patch_upload(request: InstanceRequest, upload_id: UUID) -> HttpResponse:
    """The body is application/offset+octet-stream, at ``Upload-Offset``."""
    return _tus(request, upload_id)


@router.delete(UPLOAD, auth=auth, response={204: None}, summary="Give up an upload")
def delete_upload(request: InstanceRequest, upload_id: UUID) -> HttpResponse:
    """Its bytes are deleted; media made of it stays."""
    return _tus(request, upload_id)


@router.api_operation(["POST"], UPLOAD, auth=auth, include_in_schema=False)
def override_upload(request: InstanceRequest, upload_id: UUID) -> HttpResponse:
    """For clients that can only POST: ``X-HTTP-Method-Override`` names the method."""
    return _tus(request, upload_id)


@router.api_operation(["OPTIONS"], "/media/uploads", auth=auth, include_in_schema=False)
def describe_tus(request: InstanceRequest) -> HttpResponse:
    """What the tus endpoint can do."""
    return _tus(request)


def _tus(request: InstanceRequest, upload_id: UUID | None = None) -> HttpResponse:
    try:
        return tus.answer(request, _address, upload_id)
    except MediaError as error:
        return tus.with_headers(problem_response(error.status, error.code, error.user_message))


def _address(upload_id: UUID) -> str:
    return f"/api/v1/media/uploads/{upload_id}"
