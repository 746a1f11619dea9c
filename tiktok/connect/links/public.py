"""/connect/<token>/: an account owner without a login sees who asks for what, and continues to TikTok."""

from uuid import UUID

from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_http_methods

from core.web.host import other_host
from tiktok.connect.attempt import LinkAttempt
from tiktok.connect.links.outcomes import no_app, too_often, unusable
from tiktok.connect.links.pages import end_page, question_page
from tiktok.connect.links.queries import LinkState, app_of, find_link, standing_of
from tiktok.connect.links.remembered import remember_link, remembered_link
from tiktok.connect.oauth.provider import send_to_tiktok
from tiktok.models import ConnectLink, TikTokApp


@require_http_methods(["GET", "HEAD", "POST"])
def connect_link(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show the page of a connect link; only its button, a POST, starts anything."""
    return other_host(request) or _answer(request, find_link(token))


@require_http_methods(["GET", "HEAD", "POST"])
def connect_link_again(request: HttpRequest, link_id: UUID) -> HttpResponseBase:
    """Show the same page, without the token in the address, to a browser that has opened the link before."""
    return other_host(request) or _answer(request, remembered_link(request, link_id))


def _answer(request: HttpRequest, link: ConnectLink | None) -> HttpResponseBase:
    state = standing_of(link).state
    if link is None or state != LinkState.OPEN:
        return end_page(request, unusable(state), link)
    app = app_of(link)
    if app is None:
        return end_page(request, no_app(), link)
    return _begin(request, link, app) if request.method == "POST" else question_page(request, link, app)


def _begin(request: HttpRequest, link: ConnectLink, app: TikTokApp) -> HttpResponseBase:
    if not ratelimit.consume(request, action="connect_link"):
        return end_page(request, too_often(), link)
    remember_link(request, link)
    attempt = LinkAttempt(user="", instance=str(link.instance_id), app=str(app.pk), name=link.name, link=str(link.pk))
    return send_to_tiktok(request, app, attempt)
