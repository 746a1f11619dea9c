"""``/healthz``: the process answers. ``/readyz``: what it needs is there."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from instances.serving.readiness import problems


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Asks nobody, so that a slow database restarts no web process."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """503 with a word for each part that is missing; no details, since anybody may ask."""
    found = problems()
    return JsonResponse({"ready": not found, "problems": found}, status=503 if found else 200)
