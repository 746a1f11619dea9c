"""The URL prefix of an app as a page of the back office."""

from uuid import UUID

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from tiktok.developer_apps.prefix import services
from tiktok.developer_apps.prefix.forms import VerificationFileForm, VideoTransferForm
from tiktok.developer_apps.prefix.standing import standing_of
from tiktok.models import TikTokApp

TEMPLATE = "tiktok/developer_apps/prefix/prefix.html"


@require_GET
def prefix(request: HttpRequest, app_id: UUID) -> HttpResponse:
    """Show the prefix, its last check, and what to do at TikTok."""
    return _page(request, _find(app_id, request, "view"))


@require_POST
def prefix_file(request: HttpRequest, app_id: UUID) -> HttpResponse:
    """Store TikTok's signature file, and check it at once."""
    app = _find(app_id, request, "change")
    form = VerificationFileForm(request.POST, request.FILES)
    if standing_of(app).obstacle or not form.is_valid():
        return _page(request, app, file_form=form)
    services.store_verification_file(app, form.verification_file, actor=_actor(request))
    _log(request, app, f"Set the verification file {app.verification_file}.")
    return _check(request, app)


@require_POST
def prefix_check(request: HttpRequest, app_id: UUID) -> HttpResponse:
    """Request the file at its public address again."""
    return _check(request, _find(app_id, request, "change"))


@require_POST
def prefix_transfer(request: HttpRequest, app_id: UUID) -> HttpResponse:
    """Choose how videos get to TikTok."""
    app = _find(app_id, request, "change")
    form = VideoTransferForm(request.POST, app=app)
    if not form.is_valid():
        return _page(request, app, transfer_form=form)
    try:
        is_changed = services.set_video_transfer(app, form.cleaned_data["video_transfer"], actor=_actor(request))
    except services.PrefixNotReady:
        form.add_error("video_transfer", form.not_ready())
        return _page(request, app, transfer_form=form)
    if is_changed:
        _log(request, app, f"Set the transfer of videos to {app.video_transfer}.")
    messages.success(request, _("Transfer of videos saved."))
    return redirect("admin:tiktok_tiktokapp_prefix", app.pk)


def _check(request: HttpRequest, app: TikTokApp) -> HttpResponse:
    services.check_prefix(app)
    if app.can_pull:
        messages.success(request, _("The file was found at its public address."))
    return redirect("admin:tiktok_tiktokapp_prefix", app.pk)


def _page(
    request: HttpRequest,
    app: TikTokApp,
    *,
    file_form: VerificationFileForm | None = None,
    transfer_form: VideoTransferForm | None = None,
) -> HttpResponse:
    context = {
        "app": app,
        "standing": standing_of(app),
        "file_form": file_form or VerificationFileForm(),
        "transfer_form": transfer_form or VideoTransferForm(app=app),
        "may_change": request.user.has_perm("tiktok.change_tiktokapp"),
    }
    return render(request, TEMPLATE, context, status=422 if file_form or transfer_form else 200)


def _find(app_id: UUID, request: HttpRequest, permission: str) -> TikTokApp:
    """Return the app. Refuses staff without the permission."""
    if not request.user.has_perm(f"tiktok.{permission}_tiktokapp"):
        raise PermissionDenied
    app: TikTokApp = get_object_or_404(TikTokApp.objects.select_related("tenant"), pk=app_id)
    return app


def _actor(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _log(request: HttpRequest, app: TikTokApp, text: str) -> None:
    """Add a line to the app's history in the back office, which apps of no tenant have as well."""
    LogEntry.objects.log_actions(_actor(request).pk, [app], CHANGE, text, single_object=True)
