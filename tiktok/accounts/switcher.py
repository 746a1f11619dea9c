"""The rail's accounts, and the switcher that finds one among hundreds."""

from typing import Any, Final
from uuid import UUID

from django.core.paginator import Page
from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, TextField, Value, When, Window
from django.db.models.functions import Cast
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from instances.decorators import require_permission
from instances.http import InstanceRequest
from instances.roles import Permission
from tiktok.accounts.listing import AccountFilter, Line, list_accounts
from tiktok.accounts.queries import account_status, accounts, avatar_url
from tiktok.accounts.selection import selected_account_id
from tiktok.api.types import Scope
from tiktok.models import AccountStatus, Post, TikTokAccount
from tiktok.models.account import EXPIRING_WITHIN

MOST_IN_RAIL: Final = 8
PER_PAGE: Final = 50


def rail_accounts(request: InstanceRequest) -> dict[str, Any]:
    """Return all accounts by name while they are few; of many, those in trouble and the last used. One statement."""
    chosen = selected_account_id(request)
    linked = accounts().exclude(status=AccountStatus.DISCONNECTED).annotate(total=Window(Count("*")))
    rows = list(_most_needed_first(linked, chosen)[: MOST_IN_RAIL + 1])
    return {
        "accounts": entries(sorted(rows[:MOST_IN_RAIL], key=lambda row: row.name.casefold()), request, chosen),
        "accounts_total": rows[0].total if rows else 0,  # type: ignore[attr-defined]
        "accounts_are_many": len(rows) > MOST_IN_RAIL,
        "all_accounts_url": "?account=",
        "all_accounts_selected": chosen is None,
        "accounts_url": reverse("tiktok:account-list", args=[request.instance.slug]),
    }


def _most_needed_first(linked: QuerySet[TikTokAccount], chosen: UUID | None) -> QuerySet[TikTokAccount]:
    """Order by need: the chosen account, those in trouble, those with the newest posts, the rest by name."""
    newest = Post.objects.filter(account=OuterRef("pk")).order_by("-created_at").values("created_at")[:1]
    worded = linked.alias(scopes_text=Cast("credential__scopes", TextField()))  # SQLite cannot search lists in JSON
    is_active = Q(status=AccountStatus.ACTIVE)
    need = Case(
        When(pk=chosen, then=Value(0)),
        When(status=AccountStatus.RECONNECT_NEEDED, then=Value(1)),
        When(is_active & ~Q(scopes_text__contains=f'"{Scope.VIDEO_PUBLISH}"'), then=Value(2)),
        When(is_active & Q(credential__refresh_expires_at__lt=timezone.now() + EXPIRING_WITHIN), then=Value(3)),
        default=Value(4),
    )
    used = F("used_at").desc(nulls_last=True)
    return worded.alias(used_at=Subquery(newest)).order_by(need, used, "name", "linked_at")


def entries(rows: list[TikTokAccount], request: InstanceRequest, chosen: UUID | None) -> list[dict[str, Any]]:
    """Prepare accounts for the rail and the switcher."""
    return [_entry(row, request.instance.slug, is_selected=row.pk == chosen) for row in rows]


def _entry(account: TikTokAccount, slug: str, *, is_selected: bool) -> dict[str, Any]:
    status, label = account_status(account)
    return {
        "id": account.pk,
        "name": account.name,
        "username": account.username,
        "avatar_url": avatar_url(account, slug),
        "status": status,
        "status_label": label,
        "is_sandbox": account.credential.app.is_sandbox,
        "selected": is_selected,
    }


@require_GET
@require_permission(Permission.CONTENT_VIEW)
def account_rail(request: InstanceRequest) -> HttpResponse:
    """Return the rail's accounts, after one has changed."""
    return render(request, "components/rail_accounts.html")


@require_GET
@require_permission(Permission.CONTENT_VIEW)
def account_choose(request: InstanceRequest) -> HttpResponse:
    """Find an account by words and label: a list in the rail's dialog, without JavaScript a page of its own."""
    chosen = selected_account_id(request)
    asked, page = AccountFilter.read(request.GET), request.GET.get("page", "")
    wanted = AccountFilter(search=asked.search, label=asked.label)
    listing = list_accounts(wanted, page, per_page=PER_PAGE, without={AccountStatus.DISCONNECTED})
    is_part = bool(request.headers.get("HX-Request"))
    context = {
        "listing": listing,
        "entries": entries(_rows_of(listing.page), request, chosen),
        "base": "" if is_part else f"/i/{request.instance.slug}/",
    }
    template = "tiktok/accounts/_choose.html" if is_part else "tiktok/accounts/account_choose.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _rows_of(page: "Page[Line]") -> list[TikTokAccount]:
    found = accounts().in_bulk([line.pk for line in page])
    return [found[line.pk] for line in page if line.pk in found]
