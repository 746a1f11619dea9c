"""Django admin behind the product's own sign-in, so that two-factor counts there too."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class ClipdeskAdminSite(AdminSite):
    """Has no sign-in of its own."""

    site_header = site_title = _("Clipdesk administration")
    site_url = "/instances/"

    def get_urls(self) -> list[Any]:
        """With the pages of the apps above, for staff alone (``settings.ADMIN_PAGES``)."""
        pages = [
            path(address, self.admin_view(import_string(view)), name=name)
            for address, name, view in settings.ADMIN_PAGES
        ]
        return pages + super().get_urls()

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Answers 400 to a NUL in the address, which PostgreSQL takes in no text and the admin's pages pass on."""

        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            asked = [text for name, values in request.GET.lists() for text in (name, *values)]
            named = [str(part) for part in (*args, *kwargs.values())]
            if any("\0" in text for text in asked + named):
                raise BadRequest("a NUL in the address")
            return view(request, *args, **kwargs)

        return super().admin_view(cast(View, checked), cacheable)

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """To the product's sign-in, and back; signed-in people who are no staff get 403."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        target = request.GET.get(REDIRECT_FIELD_NAME, "")
        if not url_has_allowed_host_and_scheme(target, {request.get_host()}):
            target = reverse("admin:index")
        return redirect_to_login(target)
