"""The public pages (landing page, privacy, terms), and the list of a person's instances."""

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Tenant, User
from instances.access import lacks_second_factor
from instances.decorators import require_permission
from instances.forms import InstanceForm
from instances.http import InstanceRequest
from instances.overview import Desk, Wanted, desk_of, rows_of
from instances.pages import home_of, instance_url, list_address
from instances.queries import tenants_led_by
from instances.refusals import QuotaReached
from instances.roles import Permission
from instances.services import SlugTaken, create_instance


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """Show the landing page; redirect a signed-in person to their instances."""
    if isinstance(request.user, User):
        return redirect(home_of(request.user))
    return render(request, "landing.html")


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Show the privacy page."""
    return render(request, "legal/privacy.html", _operator())


@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """Show the terms of use."""
    return render(request, "legal/terms.html", _operator())


def _operator() -> dict[str, str]:
    return {"operator_name": settings.OPERATOR_NAME, "operator_email": settings.OPERATOR_EMAIL}


@require_safe
@login_required
def instance_list(request: HttpRequest) -> HttpResponse:
    """Show all instances of the person with their state."""
    user = cast(User, request.user)
    context = {"desk": _desk(request), "can_create": tenants_led_by(user).exists()}
    return render(request, "instances/instance_list.html", context)


@require_safe
@login_required
def instance_rows(request: HttpRequest) -> HttpResponse:
    """Return the rows alone, for the search; the page's address follows."""
    desk = _desk(request)
    response = render(request, "instances/_instance_rows.html", {"desk": desk, "is_part": True})
    path = reverse("instances:instance-list")
    response["HX-Push-Url"] = list_address(path, desk.wanted.query, desk.page.number)
    return response


@require_safe
@require_permission(Permission.CONTENT_VIEW)
def instance_switch(request: InstanceRequest) -> HttpResponse:
    """Show the switcher's list with a mark on each instance that has a warning."""
    rows = rows_of(request.user)
    context = {
        "items": [row.instance for row in rows],
        "current": request.instance,
        "alarmed": {row.instance.slug for row in rows if row.overview.alarms},
    }
    return render(request, "instances/_switch_list.html", context)


def _desk(request: HttpRequest) -> Desk:
    return desk_of(cast(User, request.user), Wanted.read(request.GET), request.GET.get("page", ""))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def instance_new(request: HttpRequest) -> HttpResponse:
    """Create an instance; for owners and admins of a tenant."""
    user = cast(User, request.user)
    tenants = list(tenants_led_by(user))
    if not tenants:
        raise PermissionDenied
    if all(lacks_second_factor(user, tenant) for tenant in tenants):
        return _two_factor_first(request, tenants[0])
    form = InstanceForm(request.POST or None, user=user)
    if form.is_valid():
        data = form.cleaned_data
        if lacks_second_factor(user, data["tenant"]):
            return _two_factor_first(request, data["tenant"])
        try:
            instance = create_instance(
                data["tenant"], actor=user, name=data["name"], slug=data["slug"], time_zone=data["time_zone"]
            )
        except SlugTaken as error:
            form.add_error("slug", error.user_message)
        except QuotaReached as error:
            form.add_error(None, error.user_message)
        else:
            messages.success(request, _("%(name)s is ready.") % {"name": instance.name})
            return redirect(instance_url(instance))
    return render(request, "instances/instance_new.html", {"form": form})


def _two_factor_first(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Redirect to the page that sets up two-factor sign-in, with the reason."""
    text = _("%(tenant)s requires two-factor sign-in. Set it up here, then create the instance.")
    messages.warning(request, text % {"tenant": tenant})
    return redirect("mfa_index")
