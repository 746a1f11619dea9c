"""The list of posts: tabs, search, filters, order and pages."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from instances.decorators import require_permission
from instances.http import InstanceRequest
from instances.roles import Permission
from tiktok.accounts.selection import selected_account_id
from tiktok.posts.listing import ORDERS, Listing, PostFilter, Sort, Tab, list_posts
from tiktok.posts.web import live
from tiktok.posts.web.outages import outage_notes
from tiktok.posts.web.rows import rows_of

MOST_IN_MENU = 50


@require_GET
@require_permission(Permission.CONTENT_VIEW)
def post_list(request: InstanceRequest) -> HttpResponse:
    """Show the whole page."""
    context = _context(request) | {"lost": outage_notes(request)}
    return render(request, "tiktok/posts/post_list.html", context)


@require_GET
@require_permission(Permission.CONTENT_VIEW)
def post_list_part(request: InstanceRequest) -> HttpResponse:
    """Answer the list alone; 204 to a live part that shows it already."""
    context = _context(request)
    if live.is_seen(request, context["version"]):
        return HttpResponse(status=204)
    response = render(request, "tiktok/posts/_list.html", context)
    if "seen" not in request.GET:
        response["HX-Push-Url"] = f"{reverse('tiktok:post-list', args=[request.instance.slug])}?{context['query']}"
    return response


def _context(request: InstanceRequest) -> dict[str, Any]:
    listing = list_posts(PostFilter.read(request.GET, selected_account_id(request)), request.GET.get("page", ""))
    rows = rows_of(request, listing.page.object_list)
    posts = [row.post for row in rows.values()]
    return {
        "listing": listing,
        "rows": list(rows.values()),
        "page": listing.page,
        "query": listing.filter.query(),
        "trigger": live.trigger_for(posts),
        "version": live.version_of(posts, [(tab.tab, tab.count) for tab in listing.tabs]),
        "has_posts": any(tab.count for tab in listing.tabs),
    } | _choices(listing)


def _choices(listing: Listing) -> dict[str, Any]:
    """Return the links of the two menus and of the sortable headings."""
    wanted = listing.filter
    time, account = (wanted.query(sort="" if wanted.sort == sort else sort) for sort in (Sort.REVERSE, Sort.ACCOUNT))
    is_descending = ORDERS[wanted.tab][0].startswith("-") is not (wanted.sort == Sort.REVERSE)
    return {
        "account_links": [(each, wanted.query(account_id=each.pk)) for each in listing.accounts[:MOST_IN_MENU]],
        "all_accounts_query": f"account=&{wanted.query(account_id=None)}",
        "are_accounts_many": len(listing.accounts) > MOST_IN_MENU,
        "label_links": [(label, count, wanted.query(label=label)) for label, count in listing.labels],
        "all_labels_query": wanted.query(label=""),
        "sort_links": {
            "time": time,
            "account": account,
            "time_order": "" if wanted.sort == Sort.ACCOUNT or wanted.tab in (Tab.ALL, Tab.DISMISSED)
            else "descending" if is_descending else "ascending",
            "account_order": "ascending" if wanted.sort == Sort.ACCOUNT else "",
        },
        "clear_query": f"account=&{wanted.query(search='', account_id=None, label='')}",
    }  # fmt: skip
