"""The set-up guide as a page of the back office."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_http_methods

from core.doctor.run import Visit
from tiktok.developer_apps import guide
from tiktok.models import TikTokApp

TEMPLATE = "tiktok/developer_apps/setup.html"


@require_GET
def setup_new(request: HttpRequest) -> HttpResponse:
    """Before an app is entered: what to do at TikTok, and what to copy there."""
    _require_view(request)
    found = guide.steps(None, Visit(is_online=False, database_answers=True))
    return render(request, TEMPLATE, {"steps": found, "app": None})


@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest, app_id: UUID) -> HttpResponse:
    """Of an app: the same, with what was found right. POST looks at everything, asks TikTok too, and ticks."""
    _require_view(request)
    app = get_object_or_404(TikTokApp, pk=app_id)
    is_online = request.method == "POST"
    found = guide.steps(app, Visit(is_online=is_online, database_answers=True))
    if is_online:
        found = guide.tick(app, found)
    checked = [step for step in found if step.findings]
    context = {"steps": found, "app": app, "done": sum(step.is_done for step in checked), "checked": len(checked)}
    return render(request, TEMPLATE, context)


def _require_view(request: HttpRequest) -> None:
    """Staff who may not see apps are no help here."""
    if not request.user.has_perm("tiktok.view_tiktokapp"):
        raise PermissionDenied
