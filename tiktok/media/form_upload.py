"""A file in an ordinary multipart form: streamed to MEDIA_ROOT, never held in memory, removed with the request."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, BinaryIO, Final, cast

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.translation import gettext as _

from tiktok.api.limits import VIDEO_MAX_BYTES
from tiktok.media import incoming, queries, storage
from tiktok.media.errors import MediaError
from tiktok.media.names import form_name

FIELD: Final = "file"
FORM_ALLOWANCE: Final = 64 * 1024  # boundaries, headers and the CSRF token


class ReceivedFile(UploadedFile):  # type: ignore[type-arg]  # no generic at run time
    """A file on disk that is removed when the request ends; link it to keep its bytes."""

    def __init__(self, given_name: str, content_type: str, announced_bytes: int) -> None:
        received = incoming.receive_file(announced_bytes)
        super().__init__(cast(BinaryIO, received), None, content_type, 0)
        self.path, self.given_name = received.name, given_name


class MediaUploadHandler(FileUploadHandler):
    """Receives the form's first ``file``; checks size and space before the first byte is written."""

    chunk_size = 1024 * 1024
    taken: ReceivedFile | None = None
    announced_bytes = 0

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any, **kwargs: Any) -> None:  # noqa: N803 - Django's name
        """Raise MediaError before anything is read."""
        if content_length > VIDEO_MAX_BYTES + FORM_ALLOWANCE:
            raise storage.too_large(content_length)
        self.announced_bytes = content_length
        storage.require_space(content_length + queries.bytes_under_way())

    def new_file(self, field_name: str, *args: Any, **kwargs: Any) -> None:
        """Begin a file. Raises MediaError for a second one, or one under another name."""
        super().new_file(field_name, *args, **kwargs)
        if field_name != FIELD or self.taken is not None:
            raise MediaError("one_file", _("Send exactly one file, in the field “file”."), status=400)
        self.taken = ReceivedFile(self.file_name or "", self.content_type or "", self.announced_bytes)
        with self._room():  # counted again, now that another form which began at the same time counts this one
            storage.require_space(queries.bytes_under_way())

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self.taken is not None:
            with self._room():
                self.taken.write(raw_data)

    def file_complete(self, file_size: int) -> ReceivedFile | None:
        if self.taken is not None:
            with self._room():
                self.taken.flush()
            self.taken.size = file_size
        return self.taken

    @contextmanager
    def _room(self) -> Iterator[None]:
        """Raise MediaError (507) on a full disk, after removing what has arrived."""
        try:
            with storage.full_disk_as_fault(self.announced_bytes):
                yield
        except MediaError:
            self.upload_interrupted()
            raise

    def upload_interrupted(self) -> None:
        if self.taken is not None:
            with suppress(OSError):  # closing writes what is buffered, for which a full disk has no room either
                self.taken.close()


class FormParser(MultiPartParser):
    """Django's parser, but a file keeps its name: Django drops joiners and decodes HTML entities."""

    def sanitize_file_name(self, file_name: str) -> str:
        """Return the client's name of the file. It is never used as a path."""
        return form_name(file_name)


def prepare(request: HttpRequest) -> None:
    """Have the form's file written to disk. Call it before the body is read."""
    handler = MediaUploadHandler(request)
    request.upload_handlers = [handler]
    request.parse_file_upload = partial(_parse, request, handler)  # type: ignore[method-assign]


def _parse(request: HttpRequest, handler: MediaUploadHandler, meta: Any, body: Any) -> Any:
    """Read the form. Raises MediaError even if Django would answer a bare 400 or 413."""
    try:
        parser = FormParser(meta, body, [handler], request.encoding)
    except MultiPartParserError as error:
        raise MediaError("bad_request", _("The Content-Type header has no valid boundary."), status=400) from error
    try:
        return parser.parse()
    except (MultiPartParserError, SuspiciousOperation) as error:
        raise _unreadable(handler) from error


def _unreadable(handler: MediaUploadHandler) -> MediaError:
    """Return the error for a part with long or non-UTF-8 headers, without a file name and too long for text, …"""
    if handler.taken is None:
        text = _("Send the file in the field “file”, with a file name in UTF-8 of at most 200 characters.")
        return MediaError("no_file", text, status=400)
    handler.upload_interrupted()
    text = _("The form has unreadable parts besides its file. Send only the file, in the field “file”.")
    return MediaError("bad_request", text, status=400)


def received_file(request: HttpRequest) -> ReceivedFile:
    """Return the form's file. Raises MediaError when there is none, or the connection dropped."""
    try:
        file = request.FILES.get(FIELD)
    except OSError as error:  # UnreadablePostError
        raise MediaError("interrupted", _("The upload was interrupted. Try again."), status=400) from error
    if not isinstance(file, ReceivedFile):
        text = _("Choose a file first. API clients send it in the field “file”, with a file name.")
        raise MediaError("no_file", text, status=400)
    return file
