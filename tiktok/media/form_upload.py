"""A file in an ordinary multipart form: streamed to MEDIA_ROOT, never held in memory, gone with the request."""

import tempfile
from typing import Any, BinaryIO, Final, cast

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest
from django.utils.translation import gettext as _

from tiktok.api.limits import VIDEO_MAX_BYTES
from tiktok.media import storage
from tiktok.media.errors import MediaError

FIELD: Final = "file"
FORM_ALLOWANCE: Final = 64 * 1024  # boundaries, headers and the CSRF token


class ReceivedFile(UploadedFile):  # type: ignore[type-arg]  # no generic at run time
    """A file on disk that vanishes when the request ends; link it to keep its bytes."""

    def __init__(self, name: str, content_type: str) -> None:
        received = tempfile.NamedTemporaryFile(dir=storage.incoming_dir(), prefix="form-")  # noqa: SIM115 - as the request
        super().__init__(cast(BinaryIO, received), name, content_type, 0)
        self.path = received.name


class MediaUploadHandler(FileUploadHandler):
    """Takes the form's first ``file`` and checks size and room before the first byte is written."""

    chunk_size = 1024 * 1024
    taken: ReceivedFile | None = None

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any, **kwargs: Any) -> None:  # noqa: N803 - Django's name
        """Raises MediaError before anything is read."""
        if content_length > VIDEO_MAX_BYTES + FORM_ALLOWANCE:
            raise storage.too_large(content_length)
        storage.require_space(content_length)

    def new_file(self, field_name: str, *args: Any, **kwargs: Any) -> None:
        """Begin a file. Raises MediaError at a second one, or one under another name."""
        super().new_file(field_name, *args, **kwargs)
        if field_name != FIELD or self.taken is not None:
            raise MediaError("one_file", _("Send exactly one file, in the field “file”."), status=400)
        self.taken = ReceivedFile(self.file_name or "", self.content_type or "")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write on."""
        if self.taken is not None:
            self.taken.write(raw_data)

    def file_complete(self, file_size: int) -> ReceivedFile | None:
        """Hand it over, on disk."""
        if self.taken is not None:
            self.taken.flush()
            self.taken.size = file_size
        return self.taken

    def upload_interrupted(self) -> None:
        """Leave nothing behind."""
        if self.taken is not None:
            self.taken.close()


def prepare(request: HttpRequest) -> None:
    """Let the form's file go to disk. Call it before anything reads the body."""
    request.upload_handlers = [MediaUploadHandler(request)]


def received_file(request: HttpRequest) -> ReceivedFile:
    """The form's file. Raises MediaError when there is none, or the line dropped."""
    try:
        file = request.FILES.get(FIELD)
    except OSError as error:  # UnreadablePostError
        raise MediaError("interrupted", _("The upload was interrupted. Try again."), status=400) from error
    if not isinstance(file, ReceivedFile):
        raise MediaError("no_file", _("Choose a video first."), status=400)
    return file
