"""Edit an account's labels, in its card or on a page of its own."""

from uuid import UUID

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from instances.decorators import require_permission
from instances.http import InstanceRequest
from instances.roles import Permission
from tiktok.accounts import services
from tiktok.accounts.forms import LabelsForm
from tiktok.accounts.listing import labels_in_use
from tiktok.accounts.views import back_to_card, show_in_card
from tiktok.models import TikTokAccount


@require_http_methods(["GET", "POST"])
@require_permission(Permission.ACCOUNT_MANAGE)
def account_labels(request: InstanceRequest, account_id: UUID) -> HttpResponseBase:
    """Show and save the form with the account's labels."""
    account = get_object_or_404(TikTokAccount.objects.select_related("instance__tenant"), pk=account_id)
    sent = request.POST if request.method == "POST" else None  # an empty form removes every label
    form = LabelsForm(sent, own=account.labels, in_use=labels_in_use(), auto_id=f"labels_{account.pk}_%s")
    if form.is_valid():
        services.label_account(account, labels=form.cleaned_data["labels"], actor=request.user)
        return back_to_card(request, account_id)
    return show_in_card(request, form, account, part="_labels", page="account_labels", place="labels")
