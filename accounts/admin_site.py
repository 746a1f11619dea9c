"""Django admin behind the product's own sign-in, so that two-factor counts there too."""

from collections.abc import Callable
from enum import Enum, auto
from functools import wraps
from typing import Any, TypeVar, cast

from allauth.account.adapter import get_adapter
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from accounts.addresses import is_own_address
from accounts.models import User
from accounts.reauthentication import is_signed_in_within
from core.doctor.views import health

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class Missing(Enum):
    """A step that staff must take before they may enter."""

    SECOND_FACTOR = auto()
    RECENT_SIGN_IN = auto()


class ClipdeskAdminSite(AdminSite):
    """Has no sign-in of its own; opens to staff with a second factor and a recent sign-in."""

    site_header = site_title = _("Clipdesk administration")
    site_url = "/instances/"

    def get_urls(self) -> list[Any]:
        """Return the admin's addresses with the health page."""
        return [path("health/", self.admin_view(health), name="health"), *super().get_urls()]

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

    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether the person is staff with a second factor and signed in or re-authenticated lately.

        A form that was opened in time may be sent for twice as long, so that one that took a while is not lost.
        """
        lately_s = settings.ACCOUNT_REAUTHENTICATION_TIMEOUT * (2 if request.method == "POST" else 1)
        return super().has_permission(request) and self._missing(request, lately_s) is None

    def _missing(self, request: HttpRequest, lately_s: float) -> "Missing | None":
        if not is_mfa_enabled(cast(User, request.user)):
            return Missing.SECOND_FACTOR
        return None if is_signed_in_within(request, lately_s) else Missing.RECENT_SIGN_IN

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect to the product's own page, which notifies the person of the change."""
        return redirect("account_change_password")

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """Redirect to the product's sign-in or to what staff still lack, and back; other people get 403."""
        target = request.GET.get(REDIRECT_FIELD_NAME, "")
        if not is_own_address(target):
            target = reverse("admin:index")
        if not request.user.is_authenticated:
            return redirect_to_login(target)
        if not super().has_permission(request):
            raise PermissionDenied
        match self._missing(request, settings.ACCOUNT_REAUTHENTICATION_TIMEOUT):
            case Missing.SECOND_FACTOR:
                messages.warning(
                    request,
                    _("Administration requires two-factor sign-in. Set it up here, then open the page again."),
                )
                return redirect("mfa_index")
            case Missing.RECENT_SIGN_IN:
                messages.info(request, _("Confirm that it’s you to open Administration."))
                url = get_adapter(request).get_reauthentication_methods(request.user)[0]["url"]
                return redirect_to_login(target, url)
        return redirect(target)
