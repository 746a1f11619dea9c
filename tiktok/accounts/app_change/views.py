"""The answer to the question whether an account moves to the link through another app."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from instances.decorators import require_permission
from instances.http import InstanceRequest
from instances.roles import Permission
from tiktok.accounts.app_change.services import AlreadyAnswered, Moved, keep_both, move_account
from tiktok.accounts.selection import select_account, selected_account_id
from tiktok.models import TikTokAccount

MOVE = "move"
KEEP = "keep"


class AnswerForm(forms.Form):
    """``old``: the account that would move; ``result``: the result page to go back to, by its key."""

    old = forms.UUIDField()
    answer = forms.ChoiceField(choices=[(MOVE, MOVE), (KEEP, KEEP)])
    result = forms.SlugField(required=False)


@require_POST
@require_permission(Permission.ACCOUNT_MANAGE)
def account_move(request: InstanceRequest, account_id: UUID) -> HttpResponseBase:
    """Move an earlier account to this link, or keep both; remembered either way."""
    form = AnswerForm(request.POST)
    if not form.is_valid():
        raise Http404
    old_id = form.cleaned_data["old"]
    if not TikTokAccount.objects.filter(pk__in=[old_id, account_id]).exists():  # after a move one of them is left
        raise Http404
    try:
        _answer(request, old_id, account_id, form.cleaned_data["answer"])
    except AlreadyAnswered:
        messages.info(request, _("This has already been decided, or one of the connections has changed."))
    if key := form.cleaned_data["result"]:
        return redirect("tiktok:connect-result", key)
    return redirect("tiktok:account-list", request.instance.slug)


def _answer(request: InstanceRequest, old_id: UUID, new_id: UUID, answer: str) -> None:
    """Raises AlreadyAnswered."""
    if answer == KEEP:
        keep_both(request.instance, old_id=old_id, new_id=new_id, actor=request.user)
        messages.success(request, _("Both connections stay. Nothing was moved."))
        return
    moved = move_account(request.instance, old_id=old_id, new_id=new_id, actor=request.user)
    if selected_account_id(request) == new_id:
        select_account(request, old_id)
    messages.success(request, _moved_text(moved))


def _moved_text(moved: Moved) -> str:
    said = ngettext(
        "%(name)s now publishes through “%(app)s”; %(count)d waiting post moved with it.",
        "%(name)s now publishes through “%(app)s”; %(count)d waiting posts moved with it.",
        moved.waiting,
    )
    words = {"name": moved.account.name, "app": moved.to_app, "count": moved.waiting, "old_app": moved.from_app}
    if moved.is_old_grant_shared:
        rest = _("The authorization for “%(old_app)s” stays, since another instance uses it.")
    else:
        rest = _("Clipdesk revokes the authorization for “%(old_app)s” after a day, once no post needs it.")
    return f"{said} {rest}" % words
