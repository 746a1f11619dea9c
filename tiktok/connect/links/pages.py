"""The pages for an account owner without a login: what they are asked, and how it ended."""

import base64
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control

from instances.scoping import instance_scope
from tiktok.access.scopes import requests_for
from tiktok.accounts.avatars import avatar_file
from tiktok.connect.links.queries import LinkState, standing_of
from tiktok.connect.outcomes import Outcome
from tiktok.models import ConnectLink, TikTokAccount, TikTokApp

GONE: Final = (
    LinkState.USED,
    LinkState.REVOKED,
    LinkState.EXPIRED,
    LinkState.MAKER_GONE,
    LinkState.INSTANCE_GONE,
)
STATUS: Final = {
    **{f"link_{state}": 410 for state in GONE},
    f"link_{LinkState.UNKNOWN}": 404,
    "link_too_often": 429,
    "link_no_app": 503,
}


def question_page(request: HttpRequest, link: ConnectLink, app: TikTokApp) -> HttpResponse:
    """Show who asks for what, and the button that continues to TikTok."""
    context = {"link": link, "app": app, "requests": requests_for(app.scopes)}
    # A client has no instance of their own, and so no zone.
    with timezone.override(link.instance.zone if link.instance else None):
        return _private(render(request, "tiktok/connect/links/question.html", context))


def end_page(request: HttpRequest, outcome: Outcome, link: ConnectLink | None, *, status: int = 200) -> HttpResponse:
    """Show success or the exact reason, and a way to try again while the link works."""
    account = _account(outcome, link)
    can_retry = link is not None and standing_of(link).state == LinkState.OPEN and outcome.code != "link_no_app"
    context = {
        "outcome": outcome,
        "link": link,
        "account": account,
        "avatar": picture_of(account) if account else "",
        "again_url": reverse("tiktok:connect-link-again", args=[link.pk]) if link and can_retry else "",
    }
    status = STATUS.get(outcome.code, status)
    return _private(render(request, "tiktok/connect/links/end.html", context, status=status))


def _account(outcome: Outcome, link: ConnectLink | None) -> TikTokAccount | None:
    if not outcome.account or link is None or link.instance is None:
        return None
    with instance_scope(link.instance):
        return TikTokAccount.objects.filter(pk=UUID(outcome.account)).first()


def picture_of(account: TikTokAccount) -> str:
    """Return the avatar as a ``data:`` address, since its own is for members only; "" without one."""
    path = avatar_file(account)
    return f"data:image/webp;base64,{base64.b64encode(path.read_bytes()).decode()}" if path else ""


def _private(response: HttpResponse) -> HttpResponse:
    """Forbid caching and indexing. "same-origin" keeps the token here; with "no-referrer" browsers would send
    ``Origin: null`` with the form, which the CSRF check refuses.
    """
    patch_cache_control(response, private=True, no_store=True)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "same-origin"
    return response
