"""Endpoints for load balancers and supervisors: alive, and ready to serve. No secrets, no numbers."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core.append_only import is_protected
from core.doctor.address import self_description
from core.doctor.database import nothing_to_migrate, role_is_bound
from core.doctor.run import database_answers


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer without the database; answer the doctor's challenge with a proof of our identity."""
    return JsonResponse({"status": "ok"} | self_description(request))


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 503 with what is missing: database, migrations, or a database role bound by row security.

    ``append_only`` is reported beside them: a role that can change history is the operator's to fix, as the doctor
    says, not a reason to take the service down.
    """
    checks = {"database": database_answers()}
    if checks["database"]:
        checks |= {"migrations": _migrations_applied(), "database_role": role_is_bound()}
    ready = all(checks.values())
    if checks.get("migrations"):
        checks["append_only"] = is_protected()
    body = {"status": "ok" if ready else "unavailable", "checks": checks}
    return JsonResponse(body, status=200 if ready else 503)


class _Seen:
    """Cache of applied migrations, which stay applied while the process lives."""

    applied = False


def _migrations_applied() -> bool:
    if not _Seen.applied:
        _Seen.applied = nothing_to_migrate()
    return _Seen.applied
