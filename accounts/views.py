"""A person's profile; password, two-factor sign-in and sessions are allauth's pages."""

from typing import cast

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import download_recovery_codes, view_recovery_codes
from allauth.usersessions.views import list_usersessions
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import mfa
from accounts.forms import ProfileForm
from accounts.models import User
from accounts.reauthentication import require_reauthentication


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Show and change the person's name."""
    person = User.objects.get(pk=cast(User, request.user).pk)
    form = ProfileForm(request.POST or None, instance=person)
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("accounts:profile")
    return render(request, "accounts/profile.html", {"form": form})


@login_required
def recovery_codes(request: HttpRequest) -> HttpResponseBase:
    """Show the recovery codes, or that they can no longer be read."""
    if _are_codes_unreadable(request):
        return render(request, "mfa/recovery_codes/unreadable.html")
    return cast(HttpResponseBase, view_recovery_codes(request))


@login_required
def recovery_codes_file(request: HttpRequest) -> HttpResponseBase:
    """Return the recovery codes as a file."""
    if _are_codes_unreadable(request):
        return redirect("mfa_view_recovery_codes")
    return cast(HttpResponseBase, download_recovery_codes(request))


@login_required
def sessions(request: HttpRequest) -> HttpResponseBase:
    """Show the sessions; ending the others asks for the password or a code again."""
    if request.method == "POST":
        require_reauthentication(request)
    return list_usersessions(request)


def _are_codes_unreadable(request: HttpRequest) -> bool:
    return mfa.is_unreadable(cast(User, request.user), Authenticator.Type.RECOVERY_CODES)
