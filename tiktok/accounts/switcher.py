"""The account switcher: what the rail shows of the accounts, and where one is chosen among hundreds."""

from typing import Any, Final
from uuid import UUID

from django.core.paginator import Page
from django.db.models import Case, Count, F, Value, When, Window
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from instances.decorators import require_permission
from instances.http import InstanceRequest
from instances.roles import Permission
from tiktok.accounts.listing import AccountFilter, Line, list_accounts
from tiktok.accounts.queries import account_status, accounts, avatar_url
from tiktok.accounts.selection import selected_account_id
from tiktok.models import AccountStatus, TikTokAccount

MOST_IN_RAIL: Final = 8
PER_PAGE: Final = 50


def rail_accounts(request: InstanceRequest) -> dict[str, Any]:
    """All accounts by name while they are few, else the chosen one alone; one statement, however many there are."""
    chosen = selected_account_id(request)
    linked = accounts().exclude(status=AccountStatus.DISCONNECTED).annotate(total=Window(Count("*")))
    first = [Case(When(pk=chosen, then=Value(0)), default=Value(1))] if chosen else []
    rows = list(linked.order_by(*first, F("name"), F("linked_at"))[: MOST_IN_RAIL + 1])
    are_many = len(rows) > MOST_IN_RAIL
    shown = [row for row in rows if row.pk == chosen] if are_many else rows
    return {
        "accounts": entries(sorted(shown, key=lambda row: row.name.casefold()), request, chosen),
        "accounts_total": rows[0].total if rows else 0,
        "accounts_are_many": are_many,
        "all_accounts_url": "?account=",
        "all_accounts_selected": chosen is None,
        "accounts_url": reverse("tiktok:account-list", args=[request.instance.slug]),
    }


def entries(rows: list[TikTokAccount], request: InstanceRequest, chosen: UUID | None) -> list[dict[str, Any]]:
    """Accounts as the rail and the switcher show them."""
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
    """The rail's part about accounts, after one has changed."""
    return render(request, "components/rail_accounts.html")


@require_GET
@require_permission(Permission.CONTENT_VIEW)
def account_choose(request: InstanceRequest) -> HttpResponse:
    """Look for an account: the list alone in the rail's dialog, without JavaScript a page of its own."""
    chosen = selected_account_id(request)
    wanted, page = AccountFilter(search=AccountFilter.read(request.GET).search), request.GET.get("page", "")
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
