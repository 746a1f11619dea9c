"""The page of an invitation link, in every state."""

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from instances.invited import forget_invitation, remember_invitation
from instances.models import Invitation
from instances.pages import home_of, instance_url
from instances.roles import ROLES
from instances.services import InvitationUnusable, accept_invitation
from instances.services.invitations import find_invitation, is_for, offered_role, state_of, zone_of


@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Offer to sign up, sign in or accept; an unknown link is answered by 404 with the same page."""
    found = find_invitation(token)
    state = _state(request, found)
    if found and state == "accept" and request.method == "POST":
        return _accept(request, found)
    if found and state == "welcome":
        remember_invitation(request, found)
    return _page(request, found, state)


def _state(request: HttpRequest, found: Invitation | None) -> str:
    """Return "unknown", "accepted", "revoked", "expired", "welcome" (signed out), "wrong_address" or "accept"."""
    if found is None:
        return "unknown"
    if (state := state_of(found)) != "open":
        return state
    if not isinstance(request.user, User):
        return "welcome"
    return "accept" if is_for(found, request.user.email) else "wrong_address"


def _accept(request: HttpRequest, found: Invitation) -> HttpResponse:
    assert isinstance(request.user, User)  # noqa: S101 - the state says so
    try:
        instance = accept_invitation(found, user=request.user)
    except InvitationUnusable as error:
        messages.warning(request, error.user_message)
        return redirect(request.path)
    forget_invitation(request)
    messages.success(request, _("Welcome to %(name)s.") % {"name": instance or found.tenant})
    return redirect(instance_url(instance) if instance else home_of(request.user))


def _page(request: HttpRequest, found: Invitation | None, state: str) -> HttpResponse:
    may_sign_up = bool(found and get_adapter(request).is_open_for_signup(request))
    context = {
        "invitation": found,
        "state": state,
        "may_sign_up": may_sign_up,
        "where": _where(found),
        "role": ROLES[offered_role(found)] if found else None,
    }
    status = {"unknown": 404, "accepted": 410, "revoked": 410, "expired": 410}.get(state, 200)
    with timezone.override(zone_of(found) if found else None):
        response = render(request, "instances/invitation.html", context, status=status)
    patch_cache_control(response, private=True, no_store=True)
    return response


def _where(found: Invitation | None) -> str:
    """Return the names of the instances offered, or of the tenant."""
    if found is None:
        return ""
    return ", ".join(found.grants.values_list("instance__name", flat=True)) or found.tenant.name
