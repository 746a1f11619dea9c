"""The audit log of an instance, as a page and as CSV."""

from typing import Final

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from instances.audit_log.export import as_csv
from instances.audit_log.filters import AuditFilter, entries_for
from instances.audit_log.words import in_words
from instances.decorators import require_permission
from instances.http import InstanceRequest
from instances.roles import Permission

PER_PAGE: Final = 50


@require_safe
@require_permission(Permission.AUDIT_VIEW)
def settings_audit(request: InstanceRequest) -> HttpResponse:
    """Show the audit log, newest first, filtered by person, kind and days."""
    form = AuditFilter(request.GET, entries=entries_for(request.membership))
    page = Paginator(form.found(), PER_PAGE).get_page(request.GET.get("page"))
    wanted = request.GET.copy()
    wanted.pop("page", None)
    context = {
        "form": form,
        "page": page,
        "lines": in_words(request.instance, page.object_list),
        "query": wanted.urlencode(),
        "is_filtered": any(form.cleaned_data.values()),
    }
    return render(request, "instances/settings_audit.html", context)


@require_safe
@require_permission(Permission.AUDIT_VIEW)
def audit_export(request: InstanceRequest) -> HttpResponse:
    """Return what the page's filter finds as a CSV file."""
    form = AuditFilter(request.GET, entries=entries_for(request.membership))
    text = as_csv(request.instance, form.found())
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    name = f"audit-{request.instance.slug}-{timezone.localdate():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
