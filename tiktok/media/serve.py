"""Send a private file with Range and conditional requests. The body needs no database."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified, StreamingHttpResponse

from core.serving.front.files import CutShort

BLOCK: Final = 256 * 1024
CHECK_S: Final = 1.0
RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.IGNORECASE)
ETAG: Final = re.compile(r'(?:W/)?("[^"]*")')


class BadRange(Exception):
    """The range is outside the file."""


def wanted_range(header: str, size: int) -> tuple[int, int] | None:
    """Return first and last byte of a single range; None for everything (also for a range that may be ignored).

    Raises BadRange when nothing of it is in the file.
    """
    match = RANGE.fullmatch(header.strip())
    if match is None or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(int(last or size - 1), size - 1)
        if last and int(last) < start:
            return None
    if start >= size or start > end:
        raise BadRange
    return start, end


def send_file(
    request: HttpRequest,
    path: Path,
    *,
    content_type: str,
    etag: str,
    may_go_on: Callable[[], bool] | None = None,
) -> HttpResponseBase:
    """Answer 200, 206, 304, 412 or 416. ``etag`` identifies the bytes (unquoted); 404 is left to the caller.

    ``may_go_on`` is asked about once a second while the file is sent, in any thread; False cuts the answer short.
    """
    quoted = f'"{etag}"'
    if refusal := _precondition(request, quoted):
        return _private(refusal, quoted)
    size = path.stat().st_size
    try:
        part = wanted_range(_range_header(request, quoted), size)
    except BadRange:
        return _private(HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"}), quoted)
    start, end = part or (0, size - 1)
    length = 0 if request.method == "HEAD" else end - start + 1
    response = _FileResponse(_Part(path, start, length, may_go_on))
    response.status_code = 206 if part else 200
    response["Content-Type"] = content_type
    response["Content-Length"] = str(end - start + 1)
    if part:
        response["Content-Range"] = f"bytes {start}-{end}/{size}"
    return _private(response, quoted)


def _precondition(request: HttpRequest, quoted: str) -> HttpResponse | None:
    """Return the answer of RFC 9110, 13.2.2, if any. Dates are not compared: we send none."""
    if (wanted := request.headers.get("If-Match")) is not None and not _is_one_of(quoted, wanted, strong=True):
        return HttpResponse(status=412)
    if (known := request.headers.get("If-None-Match")) is not None and _is_one_of(quoted, known):
        return HttpResponseNotModified()
    return None


def _is_one_of(quoted: str, header: str, *, strong: bool = False) -> bool:
    """Return whether a list of entity tags, or ``*``, matches; ``strong`` excludes weak tags (W/)."""
    if header.strip() == "*":
        return True
    return any(match[1] == quoted and not (strong and match[0].startswith("W/")) for match in ETAG.finditer(header))


def _range_header(request: HttpRequest, quoted: str) -> str:
    """Return the range if it counts: only of a GET (14.2), and for an unchanged file (13.1.5)."""
    if request.method != "GET" or request.headers.get("If-Range", quoted).strip() != quoted:
        return ""
    return request.headers.get("Range", "")


def _private(response: HttpResponseBase, etag: str) -> HttpResponseBase:
    response["ETag"] = etag
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, no-cache"
    response["Content-Disposition"] = "inline"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


class _Part:
    """A byte range of a file, as a file."""

    def __init__(self, path: Path, start: int, length: int, may_go_on: Callable[[], bool] | None) -> None:
        self._path, self._start, self._left = path, start, length
        self._may_go_on, self._checked_at = may_go_on, time.monotonic()
        self._file: BinaryIO | None = None

    def read(self, size: int) -> bytes:
        """Return the next bytes; none at the end. Raises CutShort."""
        self._check()
        if self._file is None:
            self._file = self._path.open("rb")
            self._file.seek(self._start)
        block = self._file.read(min(size, self._left))
        self._left -= len(block)
        return block

    def _check(self) -> None:
        if self._may_go_on is None or time.monotonic() - self._checked_at < CHECK_S:
            return
        self._checked_at = time.monotonic()
        if not self._may_go_on():
            raise CutShort

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def __iter__(self) -> Iterator[bytes]:
        try:
            while block := self.read(BLOCK):
                yield block
        finally:
            self.close()


class _FileResponse(StreamingHttpResponse):
    """A response of a file's part. A server with wsgi.file_wrapper gets the file, so that no thread waits."""

    block_size = BLOCK

    def __init__(self, part: _Part) -> None:
        self.file_to_stream = part
        super().__init__(part)
