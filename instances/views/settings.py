"""Settings of an instance: general, members, API keys."""

from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.reauthentication import require_reauthentication
from instances import queries
from instances.access import access_for
from instances.decorators import require_permission
from instances.forms import ApiKeyForm, GeneralForm, InviteForm, RoleForm, TwoFactorPolicyForm
from instances.http import InstanceRequest
from instances.models import ApiKey, Instance
from instances.pages import home_of
from instances.refusals import QuotaReached
from instances.roles import ALLOWED, Permission, Role
from instances.services import (
    Invited,
    Refused,
    change_role,
    create_api_key,
    invite_member,
    remove_member,
    renew_invitation,
    revoke_api_key,
    revoke_invitation,
    set_two_factor_policy,
    update_instance,
)
from instances.services.invitations import pending_of, role_given


@require_http_methods(["GET", "HEAD", "POST"])
@require_permission(Permission.SETTINGS_MANAGE)
def settings_general(request: InstanceRequest) -> HttpResponse:
    """Show and change name and time zone; owners also see the tenant's policy."""
    form = GeneralForm(request.POST or None, instance=Instance.objects.get(pk=request.instance.pk))
    if form.is_valid():
        data = form.cleaned_data
        update_instance(request.instance, actor=request.user, name=data["name"], time_zone=data["time_zone"])
        messages.success(request, _("Saved."))
        return redirect(request.path)
    can_lead = request.membership.can(Permission.OWNER_MANAGE)
    policy = TwoFactorPolicyForm(initial={"required": request.instance.tenant.require_two_factor})
    return render(request, "instances/settings_general.html", {"form": form, "policy": policy if can_lead else None})


@require_POST
@require_permission(Permission.OWNER_MANAGE)
def settings_two_factor(request: InstanceRequest) -> HttpResponse:
    """Turn the tenant's two-factor policy on or off."""
    form = TwoFactorPolicyForm(request.POST)
    required = form.is_valid() and form.cleaned_data["required"]
    if required and not is_mfa_enabled(request.user):
        messages.error(
            request, _("Set up two-factor sign-in for yourself first. Otherwise you would lock yourself out.")
        )
        return redirect("mfa_index")
    require_reauthentication(request)
    set_two_factor_policy(request.instance, actor=request.user, required=required)
    messages.success(request, _("Two-factor sign-in is now required.") if required else _("Saved."))
    return redirect("instances:settings-general", request.instance.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@require_permission(Permission.MEMBER_MANAGE)
def settings_members(request: InstanceRequest) -> HttpResponse:
    """Show members and invitations; a POST invites."""
    form = InviteForm(request.POST or None, reader=request.membership.role)
    invited = None
    if form.is_valid():
        data = form.cleaned_data
        _require_reauthentication_for(request, data["role"])
        try:
            invited = invite_member(request.instance, actor=request.user, email=data["email"], role=data["role"])
        except Refused as error:
            form.add_error("email", error.user_message)
        else:
            form = InviteForm(reader=request.membership.role)
    return _members_page(request, form, invited)


def _members_page(request: InstanceRequest, form: InviteForm, invited: Invited | None = None) -> HttpResponse:
    reader = request.membership.role
    context = {
        "form": form,
        "invited": invited,
        "members": queries.members_of(request.instance, reader=reader),
        "invitations": queries.invitations_of(request.instance, reader=reader),
    }
    response = render(request, "instances/settings_members.html", context)
    patch_cache_control(response, private=True, no_store=True)
    return response


@require_POST
@require_permission(Permission.MEMBER_MANAGE)
def member_role(request: InstanceRequest, user_id: UUID) -> HttpResponse:
    """Give a member another role."""
    member = _member(request, user_id)
    form = RoleForm(request.POST, reader=request.membership.role)
    if not form.is_valid():
        messages.error(request, _("Choose a role from the list."))
    else:
        _require_reauthentication_for(request, form.cleaned_data["role"])
        try:
            change_role(request.instance, actor=request.user, member=member, role=form.cleaned_data["role"])
            messages.success(request, _("Role of %(name)s changed.") % {"name": member})
        except Refused as error:
            messages.error(request, error.user_message)
    return _back_to_members(request)


@require_POST
@require_permission(Permission.MEMBER_MANAGE)
def member_remove(request: InstanceRequest, user_id: UUID) -> HttpResponse:
    """Remove a member."""
    member = _member(request, user_id)
    try:
        remove_member(request.instance, actor=request.user, member=member)
        messages.success(request, _("%(name)s no longer has access.") % {"name": member})
    except Refused as error:
        messages.error(request, error.user_message)
    return _back_to_members(request)


@require_POST
@require_permission(Permission.MEMBER_MANAGE)
def invitation_revoke(request: InstanceRequest, invitation_id: UUID) -> HttpResponse:
    """Revoke an invitation."""
    invitation = get_object_or_404(pending_of(request.instance), pk=invitation_id)
    try:
        revoke_invitation(request.instance, invitation, actor=request.user)
        messages.success(request, _("Invitation for %(email)s revoked.") % {"email": invitation.email})
    except Refused as error:
        messages.error(request, error.user_message)
    return _back_to_members(request)


@require_POST
@require_permission(Permission.MEMBER_MANAGE)
def invitation_renew(request: InstanceRequest, invitation_id: UUID) -> HttpResponse:
    """Create a new link for an invitation whose link was lost or has expired."""
    invitation = get_object_or_404(pending_of(request.instance), pk=invitation_id)
    form = InviteForm(reader=request.membership.role)
    _require_reauthentication_for(request, role_given(invitation, request.instance))
    try:
        invited = renew_invitation(request.instance, invitation, actor=request.user)
    except Refused as error:
        messages.error(request, error.user_message)
        return _back_to_members(request)
    return _members_page(request, form, invited)


@require_http_methods(["GET", "HEAD", "POST"])
@require_permission(Permission.API_KEY_MANAGE)
def settings_advanced(request: InstanceRequest) -> HttpResponse:
    """Show the API keys; a POST creates one and shows it once."""
    form = ApiKeyForm(request.POST or None)
    plain = ""
    if form.is_valid():
        require_reauthentication(request)
        key_id, name, scopes = form.values()
        try:
            _key, plain = create_api_key(request.instance, actor=request.user, name=name, scopes=scopes, key_id=key_id)
            form = ApiKeyForm()
        except QuotaReached as error:
            form.add_error(None, str(error))
        except IntegrityError:
            form.add_error(
                None,
                _(
                    "This key was already created, and keys are shown only once. If you lost it, revoke it and create"
                    " a new one."
                ),
            )
    context = {"form": form, "plain": plain, "keys": queries.api_keys_of(request.instance)}
    response = render(request, "instances/settings_advanced.html", context)
    patch_cache_control(response, private=True, no_store=True)
    return response


@require_POST
@require_permission(Permission.API_KEY_MANAGE)
def api_key_revoke(request: InstanceRequest, key_id: UUID) -> HttpResponse:
    """Revoke an API key."""
    key = get_object_or_404(ApiKey.objects.select_related("instance"), pk=key_id, instance=request.instance)
    revoke_api_key(key, actor=request.user)
    messages.success(request, _("API key %(name)s revoked.") % {"name": key.name})
    return redirect("instances:settings-advanced", request.instance.slug)


def _require_reauthentication_for(request: InstanceRequest, role: Role) -> None:
    """Ask again before a role is given that can itself invite people or create API keys."""
    if Permission.MEMBER_MANAGE in ALLOWED[role]:
        require_reauthentication(request)


def _member(request: InstanceRequest, user_id: UUID) -> User:
    if (member := queries.member_or_none(request.instance, user_id)) is None:
        raise Http404
    return member


def _back_to_members(request: InstanceRequest) -> HttpResponse:
    """Redirect to the list, or home if the person can no longer see it."""
    reader = access_for(request.user, request.instance)
    if reader is None or not reader.can(Permission.MEMBER_MANAGE):
        return redirect(home_of(request.user))
    return redirect("instances:settings-members", request.instance.slug)
