"""The page of one account."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from core.web.windows import opens_window
from instances.decorators import require_permission
from instances.http import InstanceRequest
from instances.notices.reading import mark_subject_read
from instances.roles import Permission
from tiktok.accounts.page.queries import account_page, find_accounts
from tiktok.models import AccountStatus


@require_GET
@opens_window
@require_permission(Permission.CONTENT_VIEW)
def account(request: InstanceRequest, account_id: UUID) -> HttpResponse:
    """Show health, permissions, limits, posts and history; the live part reloads the page and picks its own part."""
    found = get_object_or_404(find_accounts(), pk=account_id)
    access = request.membership
    mark_subject_read(request.user, found.pk)
    is_disconnected = found.status == AccountStatus.DISCONNECTED
    needed = Permission.ACCOUNT_MANAGE if is_disconnected else Permission.ACCOUNT_RECONNECT
    context = {
        "page": account_page(found, access),
        "account": found,
        "can_manage": access.can(Permission.ACCOUNT_MANAGE),
        "can_reconnect": access.can(needed) and found.status != AccountStatus.DISCONNECTING,
        "can_sync": access.can(Permission.ACCOUNT_SYNC) and found.is_active,
    }
    return render(request, "tiktok/accounts/page/account.html", context)
