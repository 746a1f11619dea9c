"""Sending a private file with Range and conditional requests. The body needs no database."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified, StreamingHttpResponse

BLOCK: Final = 256 * 1024
RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class BadRange(Exception):
    """The range lies outside the file."""


def wanted_range(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a single range; None for "everything" (also for what we need not understand).

    Raises BadRange when nothing of it lies in the file.
    """
    match = RANGE.fullmatch(header.strip())
    if match is None or match[0] == "bytes=-":
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


def send_file(request: HttpRequest, path: Path, *, content_type: str, etag: str) -> HttpResponseBase:
    """200, 206, 304 or 416. ``etag`` names the bytes (unquoted); 404 is the caller's business."""
    quoted = f'"{etag}"'
    if request.headers.get("If-None-Match") == quoted:
        return _private(HttpResponseNotModified(), quoted)
    size = path.stat().st_size
    header = request.headers.get("Range", "") if request.headers.get("If-Range", quoted) == quoted else ""
    try:
        part = wanted_range(header, size)
    except BadRange:
        return _private(HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"}), quoted)
    start, end = part or (0, size - 1)
    body = () if request.method == "HEAD" else _blocks(path, start, end - start + 1)
    response = StreamingHttpResponse(body, status=206 if part else 200, content_type=content_type)
    response["Content-Length"] = str(end - start + 1)
    if part:
        response["Content-Range"] = f"bytes {start}-{end}/{size}"
    return _private(response, quoted)


def _private(response: HttpResponseBase, etag: str) -> HttpResponseBase:
    response["ETag"] = etag
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, no-cache"
    response["Content-Disposition"] = "inline"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _blocks(path: Path, start: int, length: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while length > 0 and (block := file.read(min(BLOCK, length))):
            length -= len(block)
            yield block
