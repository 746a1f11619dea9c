"""The set-up guide as a page of the back office."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_http_methods

from core.doctor.run import CheckContext
from tiktok.developer_apps import guide
from tiktok.models import TikTokApp

TEMPLATE = "tiktok/developer_apps/setup.html"


@require_GET
def setup_new(request: HttpRequest) -> HttpResponse:
    """Show the guide before an app is entered."""
    _require_view(request)
    found = guide.steps(None, CheckContext(is_online=False, database_answers=True))
    return render(request, TEMPLATE, {"steps": found, "app": None})


@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest, app_id: UUID) -> HttpResponse:
    """Show an app's guide with the results of its checks. POST runs all checks, also online, and records them."""
    _require_view(request)
    app = get_object_or_404(TikTokApp, pk=app_id)
    is_online = request.method == "POST"
    found = guide.steps(app, CheckContext(is_online=is_online, database_answers=True))
    if is_online:
        found = guide.record_checks(app, found)
    checked = [step for step in found if step.findings]
    context = {"steps": found, "app": app, "done": sum(step.is_done for step in checked), "checked": len(checked)}
    return render(request, TEMPLATE, context)


def _require_view(request: HttpRequest) -> None:
    """Refuse staff without the permission to view apps."""
    if not request.user.has_perm("tiktok.view_tiktokapp"):
        raise PermissionDenied
