"""The way to TikTok's consent page, and the page on which it ends."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from core.web.host import other_host
from core.web.windows import inside_window
from instances.decorators import require_permission
from instances.http import InstanceRequest
from instances.roles import Permission
from tiktok.accounts.connect_form import ConnectForm, requests_of
from tiktok.connect.attempt import LinkAttempt
from tiktok.connect.oauth.provider import send_to_tiktok
from tiktok.connect.result import result_page
from tiktok.models import AccountStatus, TikTokAccount


@require_http_methods(["GET", "POST"])
@inside_window
@require_permission(Permission.ACCOUNT_RECONNECT)
def connect(request: InstanceRequest) -> HttpResponseBase:
    """Send the person to TikTok's consent page. GET: a page with the button, for a person who had to sign in first."""
    if other_host(request):
        page = reverse("tiktok:account-list", args=[request.instance.slug])
        return _lead(request, "leave", settings.BASE_URL + page)
    if request.method == "GET":
        return _ask(request, ConnectForm(instance=request.instance, initial=request.GET.dict()))
    form = ConnectForm(request.POST, instance=request.instance)
    if form.is_valid():
        return _lead(request, "url", _begin(request, form))
    if _is_script(request):
        return JsonResponse({"errors": [text for texts in form.errors.values() for text in texts]}, status=422)
    return _ask(request, form, status=422)


def _ask(request: InstanceRequest, form: ConnectForm, status: int = 200) -> HttpResponse:
    """Show the button on a page of its own."""
    context = {"form": form, "must_choose_app": len(form.apps) > 1, "requests": requests_of(form.apps)}
    return render(request, "tiktok/connect/connect_begin.html", context, status=status)


def _begin(request: InstanceRequest, form: ConnectForm) -> str:
    """Record the attempt and return the address of TikTok's page."""
    account: TikTokAccount | None = form.cleaned_data["account"]
    needs_manage = account is None or account.status == AccountStatus.DISCONNECTED
    if needs_manage and not request.membership.can(Permission.ACCOUNT_MANAGE):
        raise PermissionDenied
    app = form.cleaned_data["app"]
    attempt = LinkAttempt(
        user=str(request.user.pk), instance=str(request.instance.pk), app=str(app.pk),
        name=form.cleaned_data["name"], account=str(account.pk) if account else "", needs_manage=needs_manage,
    )  # fmt: skip
    return send_to_tiktok(request, app, attempt)["Location"]


def _is_script(request: HttpRequest) -> bool:
    """Tell whether connect.js is asking, which opens the address in a small window."""
    return request.headers.get("Accept") == "application/json"


def _lead(request: HttpRequest, how: str, url: str) -> HttpResponse:
    return JsonResponse({how: url}) if _is_script(request) else redirect(url)


@require_GET
@inside_window
def connect_result(request: HttpRequest, key: str) -> HttpResponse:
    """Show how an attempt to connect ended."""
    return result_page(request, key)
