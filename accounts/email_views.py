"""The pages on which a person confirms and changes the address that they sign in with."""

import math
from typing import cast

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.confirmation import awaited_by, resend
from accounts.email_change import (
    AddressTaken,
    LinkEnded,
    ask_for_change,
    cancel_change,
    confirm_change,
    find_change,
    pending_of,
)
from accounts.forms import EmailChangeForm
from accounts.models import EmailChange, User
from accounts.reauthentication import require_reauthentication


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def confirmation_sent(request: HttpRequest) -> HttpResponse:
    """Say where the link was sent; a POST sends it again.

    The page is the same whether sign-up made an account or named an address that has one.
    """
    awaited = awaited_by(request)
    if request.method == "POST" and awaited:
        wait_s = awaited.wait_s
        if resend(request, awaited):
            messages.success(request, _("Email sent."))
        else:
            messages.warning(request, again_text(wait_s))
        return redirect(request.path)
    wait_s = awaited.wait_s if awaited else 0
    context = {"awaited": awaited, "again": again_text(wait_s) if wait_s else ""}
    return render(request, "account/verification_sent.html", context)


def again_text(wait_s: int) -> str:
    """Return the sentence about when an email can be sent again."""
    minutes = max(1, math.ceil(wait_s / 60))
    text = ngettext(
        "You can send it again in %(minutes)d minute.", "You can send it again in %(minutes)d minutes.", minutes
    )
    return text % {"minutes": minutes}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def email(request: HttpRequest) -> HttpResponse:
    """Show the address, a change in progress, and the form to start one."""
    person = User.objects.get(pk=cast(User, request.user).pk)
    if "cancel" in request.POST:
        if cancel_change(person, request=request):
            messages.success(request, _("Email change cancelled."))
        return redirect("account_email")
    form = EmailChangeForm(request.POST or None, person=person)
    if form.is_valid():
        require_reauthentication(request)
        if not ratelimit.consume(request, action="manage_email", user=person):
            form.add_error(None, _("Too many changes in a short time. Wait a minute, then try again."))
        elif _ask(request, form, person):
            return redirect("account_email")
    context = {"form": form, "person": person, "pending": pending_of(person)}
    return render(request, "account/email.html", context, status=422 if form.errors else 200)


def _ask(request: HttpRequest, form: EmailChangeForm, person: User) -> bool:
    try:
        is_mailed = ask_for_change(person, new_email=form.cleaned_data["email"], request=request)
    except AddressTaken:
        form.add_error("email", _("Another account uses this address."))
        return False
    if not is_mailed:
        messages.success(request, _("Email address changed."))
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def email_change(request: HttpRequest, token: str) -> HttpResponse:
    """Show a button for a link from an email: programs that scan emails open every link."""
    try:
        change = confirm_change(token, request=request) if request.method == "POST" else find_change(token)
        state = f"{'done' if request.method == 'POST' else 'ask'}_{change.step}"
    except LinkEnded:
        change, state = None, "ended"
    except AddressTaken:
        change, state = None, "taken"
    status = 410 if change is None else 200
    context: dict[str, EmailChange | str | None] = {"change": change, "state": state}
    return render(request, "accounts/email_change.html", context, status=status)
