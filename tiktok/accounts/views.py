"""The Accounts page, and what can be done with an account there."""

import json
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.messages import get_messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.addresses import is_own_address
from core.web.host import other_host
from core.web.windows import opens_window
from instances.decorators import require_permission
from instances.http import InstanceRequest
from instances.pages import list_address
from instances.roles import Permission
from tiktok.access.throttle import RateHeld
from tiktok.access.tokens import ReconnectNeeded, RefreshUnderWay
from tiktok.accounts import services
from tiktok.accounts.app_change.queries import open_questions
from tiktok.accounts.avatars import avatar_file
from tiktok.accounts.connect_form import ConnectForm, requests_of
from tiktok.accounts.disconnect import start_disconnect
from tiktok.accounts.forms import RenameForm, SelectForm
from tiktok.accounts.listing import CARDS, TABLE, AccountFilter, Listing, list_accounts
from tiktok.accounts.profile import sync_profile
from tiktok.accounts.queries import AccountCard, Rights, account_cards, accounts, disconnection_of
from tiktok.accounts.selection import select_account
from tiktok.accounts.sharing import sharing_of
from tiktok.api.errors import TikTokError
from tiktok.developer_apps.choice import apps_for
from tiktok.models import AccountStatus, TikTokAccount

REFRESHED: Final = "accounts"  # the id of the list, when it reloads without a new choice
VIEW_KEY: Final = "accounts_view"
WAS_EMPTY: Final = "was_empty"  # asked by a page that still offers to connect the first account


@require_GET
@opens_window
@require_permission(Permission.CONTENT_VIEW)
def account_list(request: InstanceRequest) -> HttpResponseBase:
    """Show the accounts as cards or as a table; a view chosen in the address is remembered."""
    if elsewhere := other_host(request):
        return elsewhere
    if view := AccountFilter.read(request.GET).view:
        request.session[VIEW_KEY] = view
    context = _list_context(request)
    context["requests"] = requests_of(context["apps"])
    context["form"] = ConnectForm(instance=request.instance, apps=context["apps"])
    return render(request, "tiktok/accounts/account_list.html", context)


@require_GET
@require_permission(Permission.CONTENT_VIEW)
def account_list_part(request: InstanceRequest) -> HttpResponse:
    """Return the list alone, after a choice or a change."""
    context = _list_context(request)
    if WAS_EMPTY in request.GET and context["listing"].total and context["can_connect"]:
        context["form"] = ConnectForm(instance=request.instance, apps=context["apps"])
    response = render(request, "tiktok/accounts/_list.html", context | {"is_part": True})
    if request.headers.get("HX-Trigger") != REFRESHED:
        response["HX-Push-Url"] = _address(request, context["listing"])
    return response


def _address(request: InstanceRequest, listing: Listing) -> str:
    """Return the address of the page with this list."""
    path = reverse("tiktok:account-list", args=[request.instance.slug])
    return list_address(path, listing.filter.query, listing.page.number)


@require_GET
@require_permission(Permission.CONTENT_VIEW)
def account_filters(request: InstanceRequest) -> HttpResponse:
    """Return the statuses and labels to filter by, with their counts, after an account has changed."""
    listing = list_accounts(AccountFilter.read(request.GET))
    return render(request, "tiktok/accounts/_filters.html", {"listing": listing})


def _list_context(request: InstanceRequest) -> dict[str, Any]:
    apps = list(apps_for(request.instance))
    wanted = AccountFilter.read(request.GET)
    remembered = AccountFilter.read({"view": request.session.get(VIEW_KEY, "")}).view
    listing = list_accounts(replace(wanted, view=wanted.view or remembered), request.GET.get("page", ""))
    cards, app_lines = account_cards(request.membership, listing.ids, apps)
    can_manage = request.membership.can(Permission.ACCOUNT_MANAGE)
    return {
        "listing": listing,
        "was_empty": WAS_EMPTY,
        "cards_query": listing.query_as(CARDS),
        "table_query": listing.query_as(TABLE),
        "questions": open_questions() if can_manage and listing.has_several_apps else [],
        "cards": cards,
        "apps": apps,
        "has_sandbox": any(card.is_sandbox for card in cards),
        "app_lines": app_lines if listing.total and request.membership.can(Permission.APP_VIEW) else [],
        "can_connect": bool(apps) and can_manage,
        "rights": Rights.of(request.membership),
    }


def _card(request: InstanceRequest, account_id: UUID) -> AccountCard:
    cards, _lines = account_cards(request.membership, [account_id], list(apps_for(request.instance)))
    if not cards:
        raise Http404
    return cards[0]


def back_to_card(request: InstanceRequest, account_id: UUID) -> HttpResponseBase:
    """Answer an action: htmx gets the updated card and an event for the rail, everybody else the page."""
    if request.headers.get("HX-Request"):
        return _with_events(request, _card_answer(request, _card(request, account_id)))
    if request.GET.get("from") == "account":
        return redirect("tiktok:account", request.instance.slug, account_id)
    return redirect("tiktok:account-list", request.instance.slug)


def _card_answer(request: InstanceRequest, card: AccountCard) -> HttpResponse:
    """Return the account's card, or its row where the request comes from the table."""
    part = "_row" if TABLE in (request.GET.get("view"), request.POST.get("view")) else "_card"
    return render(request, f"tiktok/accounts/{part}.html", {"card": card, "rights": card.rights})


def _with_events(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Send the messages as toasts, since a fragment does not show them."""
    levels = {"success": "good", "warning": "warn", "error": "bad"}
    said = [{"level": levels.get(item.level_tag, "info"), "text": str(item)} for item in get_messages(request)]
    response["HX-Trigger"] = json.dumps({"accounts-changed": True} | ({"toast": said} if said else {}))
    return response


def show_in_card(
    request: InstanceRequest, form: forms.Form, account: TikTokAccount, *, part: str, page: str, place: str
) -> HttpResponse:
    """Show a form about the account: for htmx in its ``place`` of the card, for everybody else on its own page."""
    context = {"form": form, "account": account}
    if request.headers.get("HX-Request"):
        response = render(request, f"tiktok/accounts/{part}.html", context)
        response["HX-Retarget"], response["HX-Reswap"] = f"#{place}-{account.pk}", "innerHTML"
        return response
    return render(request, f"tiktok/accounts/{page}.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@require_permission(Permission.ACCOUNT_MANAGE)
def account_rename(request: InstanceRequest, account_id: UUID) -> HttpResponseBase:
    """Edit the name in the card, or on a page of its own."""
    account = get_object_or_404(TikTokAccount.objects.select_related("instance__tenant"), pk=account_id)
    form = RenameForm(request.POST or None, initial={"name": account.name}, auto_id=f"name_{account.pk}_%s")
    if request.method == "POST" and form.is_valid():
        services.rename_account(account, name=form.cleaned_data["name"], actor=request.user)
        return back_to_card(request, account_id)
    return show_in_card(request, form, account, part="_rename", page="account_rename", place="name")


@require_GET
@require_permission(Permission.CONTENT_VIEW)
def account_card(request: InstanceRequest, account_id: UUID) -> HttpResponse:
    """Return one card or row; once it has stopped moving, the rail and the counts reload too."""
    card = _card(request, account_id)
    response = _card_answer(request, card)
    if not card.is_disconnecting:
        response["HX-Trigger"] = json.dumps({"accounts-changed": True})
    return response


@require_GET
@require_permission(Permission.CONTENT_VIEW)
def account_menu(request: InstanceRequest, account_id: UUID) -> HttpResponse:
    """Return the rare actions of one account, when its menu is opened."""
    card = _card(request, account_id)
    context = {"card": card, "rights": card.rights, "disconnection": disconnection_of(card.account)}
    return render(request, "tiktok/accounts/_card_menu.html", context)


@require_POST
@require_permission(Permission.ACCOUNT_SYNC)
def account_sync(request: InstanceRequest, account_id: UUID) -> HttpResponseBase:
    """Read the account's profile from TikTok."""
    account = get_object_or_404(accounts().filter(status=AccountStatus.ACTIVE), pk=account_id)
    try:
        sync_profile(account)
    except ReconnectNeeded:
        messages.error(request, _("TikTok has ended the authorization. Reconnect the account."))
    except (TikTokError, RefreshUnderWay):
        messages.warning(request, _("TikTok did not send a usable answer. Try again in a moment."))
    except RateHeld:
        messages.warning(request, _("TikTok’s limit of calls per minute has been reached. Try again in a minute."))
    else:
        messages.success(request, _("The profile of %(name)s is up to date.") % {"name": account.name})
    return back_to_card(request, account_id)


@require_http_methods(["GET", "POST"])
@require_permission(Permission.ACCOUNT_MANAGE)
def account_disconnect(request: InstanceRequest, account_id: UUID) -> HttpResponseBase:
    """Ask on a page of its own (without JavaScript), then start disconnecting."""
    account = get_object_or_404(TikTokAccount.objects.select_related("instance__tenant"), pk=account_id)
    if request.method == "GET":
        disconnection, sharing = disconnection_of(account), sharing_of(account, request.user)
        context = {"account": account, "disconnection": disconnection, "sharing": sharing}
        return render(request, "tiktok/accounts/account_disconnect.html", context)
    if start_disconnect(account, actor=request.user, at_once="at_once" in request.POST):
        messages.info(request, _("%(name)s is being disconnected.") % {"name": account.name})
    return back_to_card(request, account_id)


@require_GET
@require_permission(Permission.CONTENT_VIEW)
def account_avatar(request: InstanceRequest, account_id: UUID) -> HttpResponseBase:
    """Serve Clipdesk's copy of the avatar; its address changes with the picture."""
    account = get_object_or_404(TikTokAccount.objects.only("avatar_path"), pk=account_id)
    path = avatar_file(account)
    if path is None:
        raise Http404
    response = FileResponse(path.open("rb"), content_type="image/webp")
    response["Cache-Control"] = "private, max-age=604800, immutable"
    return response


@require_POST
@require_permission(Permission.CONTENT_VIEW)
def account_select(request: InstanceRequest) -> HttpResponseBase:
    """Filter by one account, or show all; remembered for this person and instance."""
    form = SelectForm(request.POST)
    if not form.is_valid():
        raise Http404
    account: TikTokAccount | None = form.cleaned_data["account"]
    select_account(request, account.pk if account else None)
    target = request.POST.get("next", "")
    return redirect(target if is_own_address(target) else f"/i/{request.instance.slug}/")
