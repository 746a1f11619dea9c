"""Home of an instance."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from instances.decorators import require_permission
from instances.http import InstanceRequest
from instances.roles import Permission
from tiktok.accounts.queries import avatar_url
from tiktok.posts.home import MOST_ACCOUNTS, Section, read_home
from tiktok.posts.web import live
from tiktok.posts.web.outages import outage_notes
from tiktok.posts.web.rows import rows_of


@require_GET
@require_permission(Permission.CONTENT_VIEW)
def dashboard(request: InstanceRequest) -> HttpResponse:
    """Show the whole page; the account that the person chose elsewhere does not filter it."""
    return render(request, "tiktok/posts/dashboard.html", _context(request))


@require_GET
@require_permission(Permission.CONTENT_VIEW)
def dashboard_part(request: InstanceRequest) -> HttpResponse:
    """Answer what changes; 204 to a live part that shows it already."""
    context = _context(request)
    if live.is_seen(request, context["version"]):
        return HttpResponse(status=204)
    return render(request, "tiktok/posts/_home.html", context)


def _context(request: InstanceRequest) -> dict[str, Any]:
    home = read_home(request.instance.zone)
    rows = rows_of(request, home)
    posts = [row.post for row in rows.values()]

    def section(found: Section) -> dict[str, Any]:
        return {"rows": [rows[post.pk] for post in found.posts], "count": found.count, "more": found.more}

    broken = [(account, avatar_url(account, request.instance.slug)) for account in home.broken]
    return {
        "home": home,
        "broken": broken[:MOST_ACCOUNTS],
        "more_broken": len(broken) - MOST_ACCOUNTS,
        "today": section(home.today),
        "attention": section(home.attention),
        "upcoming": section(home.upcoming),
        "published": section(home.published),
        "can_reconnect": request.membership.can(Permission.ACCOUNT_RECONNECT),
        "lost": outage_notes(request),
        "trigger": live.trigger_for(posts),
        "version": live.version_of(
            posts, [account.pk for account in home.broken], *(each.count for each in home.sections)
        ),
    }
