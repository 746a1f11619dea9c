"""The tus protocol 1.0.0 with creation, checksum, termination and expiration.

https://tus.io/protocols/resumable-upload
Shared by the page and the REST API, which differ only in permissions, the addresses of uploads, and the format of
faults.
"""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.http import http_date
from django.utils.translation import gettext as _

from core.jobs.nudge import nudge
from instances.http import InstanceRequest
from tiktok.api.limits import VIDEO_MAX_BYTES
from tiktok.media import services
from tiktok.media.errors import MediaError
from tiktok.media.receive import CHECKSUMS, Checksum, append
from tiktok.models import MediaUpload

VERSION: Final = "1.0.0"
CONTENT_TYPE: Final = "application/offset+octet-stream"
EXTENSIONS: Final = "creation,checksum,termination,expiration"
OVERRIDES: Final = frozenset({"PATCH", "DELETE", "HEAD"})
REASONS: Final = {460: "Checksum Mismatch"}
METADATA_MAX_CHARS: Final = 4096  # a file name of 255 characters, each of four bytes, as Base64, and a few more keys
MOST_DIGITS: Final = 18  # more digits mean a file that is too large
# Headers that clients may send although Tus-Extension does not list them: treated as a plain upload, half a video.
UNSUPPORTED: Final = {"Upload-Concat": "concatenation", "Upload-Defer-Length": "creation-defer-length"}
PATHS: Final = re.compile(r"/(api/v1|i/[-a-zA-Z0-9_]+)/media/uploads(/|$)")
Address = Callable[[UUID], str]


@dataclass(frozen=True, slots=True)
class TusRequest:
    """A request in the terms of tus."""

    request: InstanceRequest
    address: Address

    @property
    def method(self) -> str:
        """Return the method, which a client that can only POST sends in a header."""
        override = self.request.headers.get("X-HTTP-Method-Override", "").upper()
        return override if self.request.method == "POST" and override in OVERRIDES else str(self.request.method)

    def number(self, header: str) -> int:
        """Return a header that is a count of bytes. Raises MediaError (400)."""
        text = self.request.headers.get(header, "")
        if not (text.isascii() and text.isdigit()):
            raise MediaError("bad_header", _("%(header)s must be a number of bytes.") % {"header": header}, status=400)
        return int(text[:MOST_DIGITS])


def answer(request: InstanceRequest, address: Address, upload_id: UUID | None = None) -> HttpResponse:
    """Serve one tus request: without ``upload_id`` on the collection, with it on one upload. Raises MediaError."""
    asked = TusRequest(request, address)
    method, known = asked.method, ONE if upload_id else COLLECTION
    if method == "OPTIONS":
        return _describe()
    upload = get_object_or_404(MediaUpload, pk=upload_id) if upload_id else None
    if request.headers.get("Tus-Resumable") != VERSION:
        raise MediaError("tus_version", _("This server speaks tus %(version)s.") % {"version": VERSION}, status=412)
    if method not in known:
        return HttpResponse(status=405, headers={"Allow": ", ".join(["OPTIONS", *known])})
    return COLLECTION[method](asked) if upload is None else ONE[method](asked, upload)


class TusMiddleware:
    """Adds the headers of every tus answer, also to those that no view of ours gives: 401, 404, 405, 429."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add the headers at the addresses of uploads only."""
        response = self.get_response(request)
        if PATHS.match(request.path_info):
            _add_headers(response)
        return response


def _add_headers(response: HttpResponseBase) -> None:
    response["Tus-Resumable"] = VERSION
    response["Cache-Control"] = "no-store"
    if response.status_code == 412:
        response["Tus-Version"] = VERSION
    if response.status_code in REASONS:
        response.reason_phrase = REASONS[response.status_code]


def _describe() -> HttpResponse:
    headers = {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(VIDEO_MAX_BYTES),
        "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
    }
    return HttpResponse(status=204, headers=headers)


def _create(asked: TusRequest) -> HttpResponse:
    for header, extension in UNSUPPORTED.items():
        if header in asked.request.headers:
            text = _("%(header)s: this server does not support the tus extension “%(extension)s”.")
            words = {"header": header, "extension": extension}
            raise MediaError("tus_extension", text % words, status=400)
    made = services.create_upload(
        instance=asked.request.instance,
        actor=asked.request.user,
        size_bytes=asked.number("Upload-Length"),
        name=metadata(asked.request.headers.get("Upload-Metadata", "")).get("filename", ""),
    )
    return HttpResponse(status=201, headers={"Location": asked.address(made.pk), **_state(made)})


def _head(asked: TusRequest, upload: MediaUpload) -> HttpResponse:
    name = base64.b64encode(upload.original_name.encode()).decode()
    headers = {"Upload-Length": str(upload.size_bytes), "Upload-Metadata": f"filename {name}"}
    return HttpResponse(headers=headers | _state(upload))


def _patch(asked: TusRequest, upload: MediaUpload) -> HttpResponse:
    request = asked.request
    if request.content_type != CONTENT_TYPE:
        raise MediaError("content_type", _("Content-Type must be %(type)s.") % {"type": CONTENT_TYPE}, status=415)
    if "Content-Length" not in request.headers:
        raise MediaError("length_required", _("Content-Length is missing."), status=411)
    sums = checksum(request.headers.get("Upload-Checksum", ""))
    offset, length = asked.number("Upload-Offset"), asked.number("Content-Length")
    append(upload, request, offset=offset, length=length, checksum=sums)
    _finish_if_complete(upload)
    return HttpResponse(status=204, headers=_state(upload))


def _finish_if_complete(upload: MediaUpload) -> None:
    """Make it media at once, so that it is checked even if no further request comes."""
    if upload.offset < upload.size_bytes:
        return
    try:
        media = services.finish_upload(upload)
    except MediaError:
        return  # another request holds it, or the disk is full: the bytes were received all the same
    nudge("check_media", media.pk)


def _terminate(asked: TusRequest, upload: MediaUpload) -> HttpResponse:
    services.cancel_upload(upload)
    return HttpResponse(status=204)


def _state(upload: MediaUpload) -> dict[str, str]:
    headers = {"Upload-Offset": str(upload.offset), "Upload-Expires": http_date(upload.expires_at.timestamp())}
    return headers | ({"Clipdesk-Media-Id": str(upload.media_id)} if upload.media_id else {})


def metadata(header: str) -> dict[str, str]:
    """Parse ``Upload-Metadata``: keys and Base64 values. Raises MediaError (400)."""
    if len(header) > METADATA_MAX_CHARS:
        text = _("Upload-Metadata can have at most %(limit)d characters.") % {"limit": METADATA_MAX_CHARS}
        raise MediaError("bad_header", text, status=400)
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _space, value = pair.partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode()
        except ValueError as error:  # not Base64, or not UTF-8
            raise MediaError("bad_header", _("Upload-Metadata must be Base64 of UTF-8."), status=400) from error
    return found


def checksum(header: str) -> Checksum | None:
    """Parse ``Upload-Checksum``: an algorithm and a Base64 digest. Raises MediaError (400)."""
    if not header:
        return None
    algorithm, _space, value = header.partition(" ")
    if algorithm not in CHECKSUMS:
        text = _("Upload-Checksum may use %(known)s.") % {"known": ", ".join(CHECKSUMS)}
        raise MediaError("bad_header", text, status=400)
    try:
        return Checksum(algorithm, base64.b64decode(value, validate=True))
    except binascii.Error as error:
        raise MediaError("bad_header", _("Upload-Checksum must be Base64."), status=400) from error


COLLECTION: Final[dict[str, Callable[[TusRequest], HttpResponse]]] = {"POST": _create}
ONE: Final[dict[str, Callable[[TusRequest, MediaUpload], HttpResponse]]] = {
    "HEAD": _head,
    "PATCH": _patch,
    "DELETE": _terminate,
}
