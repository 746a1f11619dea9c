"""The connect links that a browser has opened, by id, since TikTok does not return the token for another try."""

from typing import Final
from uuid import UUID

from django.http import HttpRequest

from tiktok.connect.links.queries import link_by_id
from tiktok.models import ConnectLink

SESSION_KEY: Final = "connect_links"
MOST: Final = 20


def remember_link(request: HttpRequest, link: ConnectLink) -> None:
    """Keep the link's id in the session; never the token, which would then be stored there."""
    others = [pk for pk in request.session.get(SESSION_KEY, []) if pk != str(link.pk)]
    request.session[SESSION_KEY] = [*others, str(link.pk)][-MOST:]


def remembered_link(request: HttpRequest, link_id: UUID) -> ConnectLink | None:
    """Return the link if this browser has opened it with its token before."""
    return link_by_id(link_id) if str(link_id) in request.session.get(SESSION_KEY, []) else None


def last_link(request: HttpRequest) -> ConnectLink | None:
    """Return the link opened last, for a callback that does not say which."""
    begun = request.session.get(SESSION_KEY, [])
    return link_by_id(UUID(begun[-1])) if begun else None
