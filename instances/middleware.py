"""From an address to an instance: opens the scope for /i/<slug>/…, for API keys and for /admin/.

Pages of an instance show times in its zone; /admin/ and the API stay at UTC.
"""

import re
from collections.abc import Callable
from contextlib import nullcontext
from http import HTTPStatus
from typing import Final, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.defaults import page_not_found

from accounts.models import User
from core.serving.front.pieces import CONTINUES
from core.web.problems import API_PREFIX, problem_response
from instances.access import Access, access_among, lacks_second_factor
from instances.acting import acting
from instances.api_keys import KeyAccess, allowance_left, count_request, key_access, too_many_requests
from instances.http import InstanceRequest
from instances.models import Instance
from instances.scoping import instance_scope, unscoped

NO_SECOND_FACTOR: Final = (
    "The tenant requires two-factor sign-in, and the person who created this key has not set it up. "
    "The key works again once they have."
)
STOP_POLLING: Final = 286  # htmx asks no more, and leaves the page as it is
INSTANCE_PATH = re.compile(r"^/i/(?P<slug>[-a-zA-Z0-9_]+)/")  # what the addresses of pages take for a slug
# Pages about the person, which keep the frame of the instance that was open before. Not those that authenticate: after
# them allauth repeats a request, which may be of another instance.
PERSONAL_PATH: Final = re.compile(
    r"^/auth/(?:profile/|email/|password/change/|sessions/|2fa/(?!authenticate/|reauthenticate/))"
)
GetResponse = Callable[[HttpRequest], HttpResponseBase]


class InstanceMiddleware:
    """Sets ``request.instance`` and ``request.membership`` and runs the rest inside the scope."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer 404 to strangers, whether or not the instance exists; redirect anonymous people to sign in."""
        typed = cast(InstanceRequest, request)
        if match := INSTANCE_PATH.match(request.path_info):
            return self._page(typed, match["slug"])
        if request.path_info.startswith(API_PREFIX) and (found := key_access(request)):
            return self._program(typed, found)
        if PERSONAL_PATH.match(request.path_info) and (access := _last_access(request)):
            return self._inside(typed, access)
        with unscoped(reason="admin") if request.path_info.startswith("/admin/") else nullcontext():
            return self.get_response(request)

    def _page(self, request: InstanceRequest, slug: str) -> HttpResponseBase:
        user: User | AnonymousUser = request.user
        if isinstance(user, AnonymousUser):
            return _sign_in_first(request)
        access = access_among(Instance.objects.select_related("tenant").filter(slug=slug), user)
        if access is None:
            return _not_found(request)
        if lacks_second_factor(user, access.instance.tenant):
            return _two_factor_first(request, access.instance)
        response = self._inside(request, access)
        _remember_instance(request, response, slug)
        is_typed = response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and request.method == "GET"
        return _only_a_button(request, response) if is_typed else response

    def _inside(self, request: InstanceRequest, access: Access) -> HttpResponseBase:
        request.instance, request.membership = access.instance, access
        with acting(access), instance_scope(access.instance), timezone.override(access.instance.zone):
            return self.get_response(request)

    def _program(self, request: InstanceRequest, found: KeyAccess) -> HttpResponseBase:
        is_rest = CONTINUES in request.META  # of a request that the web server cut into pieces
        allowance = (allowance_left if is_rest else count_request)(found.key, found.now)
        if allowance and allowance.is_spent:
            response: HttpResponseBase = too_many_requests(allowance)
        else:
            response = self._answer_program(request, found)
        if allowance:
            allowance.write_on(response)
        return response

    def _answer_program(self, request: InstanceRequest, found: KeyAccess) -> HttpResponseBase:
        if lacks_second_factor(found.access.user, found.access.instance.tenant):
            return problem_response(HTTPStatus.FORBIDDEN, "two_factor_required", NO_SECOND_FACTOR)
        request.api_key, request.membership = found.key, found.access
        request.instance, request.user = found.access.instance, found.access.user
        with acting(found.access), instance_scope(request.instance):
            return self.get_response(request)


def _last_access(request: HttpRequest) -> Access | None:
    """Return the person's access to the instance they opened last, if they may still open it."""
    user: User | AnonymousUser = request.user
    slug = request.COOKIES.get(settings.LAST_INSTANCE_COOKIE_NAME)
    if isinstance(user, AnonymousUser) or not slug:
        return None
    access = access_among(Instance.objects.select_related("tenant").filter(slug=slug), user)
    return None if access is None or lacks_second_factor(user, access.instance.tenant) else access


def _remember_instance(request: HttpRequest, response: HttpResponseBase, slug: str) -> None:
    """Name the open instance in a cookie; parts that a page asks for in the background change nothing."""
    name = settings.LAST_INSTANCE_COOKIE_NAME
    if request.COOKIES.get(name) != slug and not request.headers.get("HX-Request"):
        response.set_cookie(name, slug, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax")


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    if "Tus-Resumable" in request.headers:
        return HttpResponse(status=401)  # an upload in progress cannot use a sign-in page
    if _is_bell(request):
        return HttpResponse(status=STOP_POLLING)
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    return redirect_to_login(_page_wanted(request))


def _page_wanted(request: HttpRequest) -> str:
    """Return where to continue after sign-in: for a button's request, the page with the button."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    came_from = urlsplit(request.headers.get("Referer", ""))
    is_ours = came_from.netloc == request.get_host() and INSTANCE_PATH.match(came_from.path)
    return came_from.path if is_ours else reverse("instances:instance-list")


def _only_a_button(request: HttpRequest, response: HttpResponseBase) -> HttpResponse:
    """Return a page for an address that only a button uses: browsers show nothing for an empty answer."""
    page = render(request, "405.html", status=response.status_code)
    page["Allow"] = response["Allow"]
    return page


def _is_bell(request: HttpRequest) -> bool:
    """Return whether this is the bell's poll, whose answer must never replace what a person is typing."""
    return bool(request.headers.get("HX-Request")) and request.path_info.endswith("/notifications/bell/")


def _two_factor_first(request: HttpRequest, instance: Instance) -> HttpResponse:
    """Redirect to the page that sets up two-factor sign-in, with the reason."""
    if _is_bell(request):
        return HttpResponse(status=STOP_POLLING)
    text = _("%(tenant)s requires two-factor sign-in. Set it up here, then open %(instance)s again.")
    messages.warning(request, text % {"tenant": instance.tenant, "instance": instance})
    url = reverse("mfa_index")
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


def _not_found(request: HttpRequest) -> HttpResponseBase:
    """Return the page for an address that does not exist."""
    return page_not_found(request, Http404())
