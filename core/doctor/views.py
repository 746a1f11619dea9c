"""The health page of the back office: ``manage.py doctor`` for staff without a shell."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from core.doctor.finding import State, by_urgency, worst
from core.doctor.run import examine


@require_http_methods(["GET", "POST"])
def health(request: HttpRequest) -> HttpResponse:
    """Show the quick checks; POST also asks TikTok, the email server and our own address, which takes seconds."""
    is_online = request.method == "POST"
    findings = by_urgency(examine(online=is_online))
    context = {
        "findings": findings,
        "is_online": is_online,
        "worst": worst(findings),
        "count": sum(finding.state in (State.FAULT, State.WARNING) for finding in findings),
    }
    return render(request, "core/doctor/health.html", context)
