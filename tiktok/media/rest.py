"""Media in the REST API (docs/api.md): a file in one request, or in parts by tus."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Schema
from ninja.responses import Status

from core.jobs.nudge import nudge
from core.web.openapi import COUNT, LOCATION, TEXT, Json, KnownProblem, problems
from core.web.problems import API_PREFIX, ApiProblem, FieldError
from instances.http import InstanceRequest
from instances.rest import ApiRouter, Cursor, Limit, Page, paginate, require_scope
from instances.roles import KeyScope
from tiktok.api.limits import VIDEO_MAX_BYTES
from tiktok.media import form_upload, queries, services, tus
from tiktok.media.errors import MediaError, MediaRefused
from tiktok.media.present import describe, describe_refusal
from tiktok.models import Media, MediaKind, MediaState, MediaUpload

Answer = dict[str, Any]
PER_PAGE: Final = 25
UPLOAD: Final = "/media/uploads/{id:upload_id}"
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
QUOTAS: Final = (
    KnownProblem(409, "quota_media", "the instance has reached its limit of files"),
    KnownProblem(409, "quota_media_bytes", "the instance has reached its limit of bytes"),
    KnownProblem(413, "file_too_large", "TikTok accepts at most 4 GB"),
    KnownProblem(400, "empty_file", "the file is empty"),
)
NO_FILE: Final = f"Send the file in the field “{form_upload.FIELD}”, with a file name."  # an API client has no button
DISK_FULL: Final = KnownProblem(507, "disk_full", "the disk is full; bytes received by tus are kept")
LOCKED: Final = KnownProblem(423, "upload_locked", "another connection is sending this upload")
WRONG_VERSION: Final = KnownProblem(412, "tus_version", "the header Tus-Resumable is missing or names another version")
BAD_HEADER: Final = KnownProblem(400, "bad_header", "a tus header cannot be read")
OF_A_FORM: Final = problems(
    *QUOTAS,
    DISK_FULL,
    KnownProblem(400, "no_file", "the form has no file under this name"),
    KnownProblem(400, "one_file", "the form has more than one file, or one under another name"),
    KnownProblem(400, "interrupted", "the connection was interrupted"),
)
OF_A_CREATION: Final = problems(
    *QUOTAS,
    DISK_FULL,
    WRONG_VERSION,
    BAD_HEADER,
    KnownProblem(400, "tus_extension", "a tus extension that this server does not offer"),
)
OF_A_PIECE: Final = problems(
    BAD_HEADER,
    WRONG_VERSION,
    LOCKED,
    DISK_FULL,
    KnownProblem(409, "offset_mismatch", "the upload continues at another byte: get the offset with HEAD"),
    KnownProblem(410, "upload_lost", "the received bytes are gone: start over"),
    KnownProblem(413, "too_long", "the upload has more bytes than announced"),
    KnownProblem(415, "content_type", "the Content-Type of the body is not supported"),
    KnownProblem(460, "checksum_mismatch", "the bytes do not match their checksum: send them again"),
)


def _header(name: str, schema: Json, text: str, *, required: bool = True) -> Json:
    return {"in": "header", "name": name, "required": required, "schema": schema, "description": text}


RESUMABLE: Final = _header(
    "Tus-Resumable", {**TEXT, "pattern": r"^1\.0\.0$", "default": tus.VERSION}, "The tus version."
)
OFFSET: Final = {"Upload-Offset": {"description": "The number of stored bytes; continue there.", "schema": COUNT}}
EXPIRES: Final = {
    "Upload-Expires": {"description": "The time until which the upload can be continued.", "schema": TEXT}
}
BECAME: Final = {
    "Clipdesk-Media-Id": {"description": "The media that the upload became, once it is complete.", "schema": TEXT}
}
LENGTH: Final = {"Upload-Length": {"description": "Bytes of the whole file.", "schema": COUNT}}
ABOUT_CREATING: Final = OF_A_CREATION | {
    "parameters": [
        RESUMABLE,
        _header(
            "Upload-Length", {"type": "integer", "minimum": 1, "maximum": VIDEO_MAX_BYTES}, "Bytes of the whole file."
        ),
        _header("Upload-Metadata", TEXT, "`filename` and the name as Base64 of UTF-8.", required=False),
    ],
    "responses": {201: {"headers": LOCATION | OFFSET | EXPIRES}},
}
ABOUT_A_PIECE: Final = OF_A_PIECE | {
    "parameters": [
        RESUMABLE,
        _header("Upload-Offset", COUNT, "The offset of the first of these bytes, from the previous response."),
        _header("Upload-Checksum", TEXT, "`sha256` or `sha1` of these bytes and the digest as Base64.", required=False),
    ],
    "requestBody": {
        "required": True,
        "content": {tus.CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}},
    },
    "responses": {204: {"headers": OFFSET | EXPIRES | BECAME}},
}
ABOUT_HEAD: Final = problems(WRONG_VERSION) | {
    "parameters": [RESUMABLE],
    "responses": {200: {"headers": OFFSET | EXPIRES | LENGTH | BECAME}},
}
ABOUT_DELETING: Final = problems(WRONG_VERSION, LOCKED) | {"parameters": [RESUMABLE]}
auth: Final = require_scope(KeyScope.MEDIA_WRITE)
router = ApiRouter(tags=["media"])


class ProblemOut(Schema):
    """A TikTok limit that the file exceeds; ``fixable``: converting the video can help."""

    code: str
    message: str
    fixable: bool


class RefusalOut(Schema):
    """The reason why a file cannot be used."""

    code: str
    message: str


class TikTokCopyOut(Schema):
    """The JPEG that TikTok gets of a photo: it fits, is upright, in sRGB, and without metadata."""

    size_bytes: int
    sha256: str
    width: int
    height: int


class MediaOut(Schema):
    """A stored video or photo. Its facts are null while ``state`` is ``checking``, and when the file was ``refused``.

    A photo has no ``duration_ms`` and ``fps``; its ``codec`` is its format. ``tiktok_copy`` is null for a video.
    """

    id: str
    kind: MediaKind
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
    tiktok_copy: TikTokCopyOut | None
    problems: list[ProblemOut]
    refusal: RefusalOut | None
    created_at: datetime


class UploadOut(Schema):
    """The progress of an upload. Once all bytes are there: ``media``, or ``problem`` when the file was refused."""

    id: UUID
    size_bytes: int
    offset: int
    expires_at: datetime
    media: MediaOut | None
    problem: RefusalOut | None


@contextmanager
def faults_as_problems(field: str = "") -> Iterator[None]:
    """Convert a MediaError to problem details, naming ``field`` if the input is at fault."""
    try:
        yield
    except MediaError as error:
        text = NO_FILE if error.code == "no_file" else error.user_message
        errors = [FieldError(field, error.code, text)] if field and error.status in {400, 413, 422} else []
        raise ApiProblem(error.status, error.code, text, errors, retry_after_s=error.retry_after_s) from error


@router.post(
    "/media",
    response={201: MediaOut},
    auth=auth,
    summary="Upload a video or photo in one request",
    openapi_extra=MULTIPART | OF_A_FORM | {"responses": {201: {"headers": LOCATION}}},
)
def upload_media(request: InstanceRequest, response: HttpResponse) -> Status[Answer]:
    """Upload one ``file`` of up to 4 GB as multipart/form-data.

    Clipdesk then checks it: poll the media until its ``state`` is ``ready``, with TikTok's objections in ``problems``,
    or ``refused``, with the reason in ``refusal``.
    """
    with faults_as_problems(form_upload.FIELD):
        form_upload.prepare(request)
        file = form_upload.received_file(request)
        media = services.take_file(file.path, instance=request.instance, actor=request.user, name=file.given_name)
    nudge("check_media", media.pk)
    response["Location"] = f"{API_PREFIX}media/{media.pk}"
    return Status(201, describe(media))


@router.get("/media", response=Page[MediaOut], auth=auth, summary="List media")
def list_media(
    request: InstanceRequest,
    cursor: Cursor = None,
    limit: Limit = PER_PAGE,
) -> Answer:
    """List all videos and photos of the instance, newest first."""
    rows, next_cursor = paginate(queries.media_list(), cursor, limit)
    return {"items": [describe(media) for media in rows], "next_cursor": next_cursor}


@router.get("/media/{id:media_id}", response=MediaOut, auth=auth, summary="Get a video or photo")
def show_media(request: InstanceRequest, media_id: UUID) -> Answer:
    """Return state, facts and problems of a video or photo."""
    return describe(_find(media_id))


@router.delete(
    "/media/{id:media_id}",
    response={204: None},
    auth=auth,
    summary="Delete a video or photo",
    openapi_extra=problems(KnownProblem(409, "media_in_use", "a post in a state that is not final needs it")),
)
def delete_media(request: InstanceRequest, media_id: UUID) -> Status[None]:
    """Delete a video or photo; 409 while a post in a state that is not final needs it."""
    media = _find(media_id)
    with faults_as_problems():
        services.delete_media(media, actor=request.user)
    return Status(204, None)


def _find(media_id: UUID) -> Media:
    return get_object_or_404(Media, pk=media_id, deleted_at=None)


@router.post(
    "/media/uploads",
    auth=auth,
    response={201: None},
    summary="Start an upload in parts",
    openapi_extra=ABOUT_CREATING,
)
def create_upload(request: InstanceRequest) -> HttpResponse:
    """Create a tus 1.0.0 upload, see https://tus.io/protocols/resumable-upload. PATCH the bytes to its `Location`.

    With the last byte the upload becomes media: that PATCH answers 204 with `Clipdesk-Media-Id`. Clipdesk then checks
    the file: poll the media until its `state` is `ready` or `refused`.
    """
    return _tus(request)


@router.api_operation(
    ["HEAD"], UPLOAD, auth=auth, response={200: None}, summary="Get the offset of an upload", openapi_extra=ABOUT_HEAD
)
def head_upload(request: InstanceRequest, upload_id: UUID) -> HttpResponse:
    """Return the offset to continue at in ``Upload-Offset``."""
    return _tus(request, upload_id)


@router.get(
    UPLOAD,
    response=UploadOut,
    auth=auth,
    summary="Get an upload and its result",
    openapi_extra=problems(LOCKED, DISK_FULL),
)
def show_upload(request: InstanceRequest, upload_id: UUID) -> Answer:
    """Return the progress. Once complete: ``media``, which is then checked, or ``problem`` if the file was refused."""
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
    """Make media of a complete upload that a killed server left; return the problem if its bytes are missing."""
    with faults_as_problems():
        try:
            media = services.finish_upload(upload)
        except MediaRefused as refused:
            return {"code": refused.code, "message": refused.user_message}
    nudge("check_media", media.pk)
    return None


@router.patch(
    UPLOAD,
    auth=auth,
    response={204: None},
    summary="Send the next bytes of an upload",
    openapi_extra=ABOUT_A_PIECE,
)
def patch_upload(request: InstanceRequest, upload_id: UUID) -> HttpResponse:
    """Send bytes with tus 1.0.0. The last part always answers 204 with `Clipdesk-Media-Id`."""
    return _tus(request, upload_id)


@router.delete(UPLOAD, auth=auth, response={204: None}, summary="Discard an upload", openapi_extra=ABOUT_DELETING)
def delete_upload(request: InstanceRequest, upload_id: UUID) -> HttpResponse:
    """Delete the upload's bytes; media made of it stays."""
    return _tus(request, upload_id)


@router.api_operation(["POST"], UPLOAD, auth=auth, include_in_schema=False)
def override_upload(request: InstanceRequest, upload_id: UUID) -> HttpResponse:
    """Accept ``X-HTTP-Method-Override`` from clients that can only POST."""
    return _tus(request, upload_id)


@router.api_operation(["OPTIONS"], "/media/uploads", auth=None, include_in_schema=False)
def describe_tus(request: InstanceRequest) -> HttpResponse:
    """Describe the tus endpoint; no secret, so a client may ask before it has a key."""
    return _tus(request)


@router.api_operation(["OPTIONS"], UPLOAD, auth=None, include_in_schema=False)
def describe_tus_of_upload(request: InstanceRequest, upload_id: UUID) -> HttpResponse:
    """Describe tus for any upload, whether or not it exists."""
    return _tus(request)


def _tus(request: InstanceRequest, upload_id: UUID | None = None) -> HttpResponse:
    return tus.answer(request, _address, upload_id)


def _address(upload_id: UUID) -> str:
    return f"{API_PREFIX}media/uploads/{upload_id}"
