"""Search results of the command palette, as the list inside its dialog."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from instances.decorators import require_permission
from instances.http import InstanceRequest
from instances.palette import find, find_instances
from instances.roles import Permission


@require_GET
@require_permission(Permission.CONTENT_VIEW)
def palette(request: InstanceRequest) -> HttpResponse:
    """Pages, accounts, posts and other instances."""
    return render(request, "instances/_palette.html", {"groups": find(request, request.GET.get("q", ""))})


@require_GET
@login_required
def palette_instances(request: HttpRequest) -> HttpResponse:
    """Instances alone, on pages outside an instance."""
    groups = find_instances(cast(InstanceRequest, request), request.GET.get("q", ""))
    return render(request, "instances/_palette.html", {"groups": groups})
