"""The addresses from which TikTok downloads media, and the file by which it verifies them (docs/protocol.md)."""

from stat import S_ISREG
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from core.jobs.waiting import release_connection
from tiktok.media.serve import send_file
from tiktok.media.storage import inode_of
from tiktok.models import CapabilityURL, TikTokApp

VERIFICATION: Final = ".txt"


@require_safe
def media_download(request: HttpRequest, token: str) -> HttpResponseBase:
    """Send a file to whoever holds its address. GET first commits that it is served; HEAD serves nothing.

    An address that is unknown, over or revoked, or whose file was touched, is a plain 404. Range requests are answered:
    TikTok may use them.
    """
    address = CapabilityURL.valid(token)
    if address is None or not _is_untouched(address):
        raise Http404
    if request.method == "GET" and not address.start_serving():
        raise Http404
    response = send_file(
        request,
        settings.MEDIA_ROOT / address.path,
        content_type=address.content_type,
        etag=address.sha256,
        may_go_on=lambda: _is_valid(token),
    )
    response["Cache-Control"] = "no-store"
    return response


def _is_untouched(address: CapabilityURL) -> bool:
    """Return whether the file is the one that the post was agreed to with, as of its init."""
    try:
        stat = (settings.MEDIA_ROOT / address.path).stat()
    except OSError:
        return False
    now = stat.st_size, stat.st_mtime_ns, inode_of(stat)
    return S_ISREG(stat.st_mode) and now == (address.size_bytes, address.mtime_ns, address.inode)


def _is_valid(token: str) -> bool:
    """Return whether the address is still valid; called by the threads that send files, outside any request."""
    try:
        return CapabilityURL.valid(token) is not None
    finally:
        release_connection()


@require_safe
def media_verification(_request: HttpRequest, name: str) -> HttpResponse:
    """Send the file by which TikTok verifies the URL prefix; its name and content come from TikTok's portal."""
    app = TikTokApp.objects.filter(verification_file=name + VERIFICATION).exclude(verification_content="").first()
    if app is None:
        raise Http404
    return HttpResponse(app.verification_content, content_type="text/plain", headers={"Cache-Control": "no-store"})
