"""The state of connect links, and the lines of their list."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from instances.access import Access, access_for, lacks_second_factor
from instances.models import Instance
from instances.queries import members_of
from instances.roles import ALLOWED, Permission, Role
from instances.tokens import hash_key
from tiktok.developer_apps.choice import apps_for, default_app
from tiktok.models import ConnectLink, TikTokApp


class LinkState(StrEnum):
    """State of a connect link for the person who opens it."""

    OPEN = "open"
    USED = "used"
    REVOKED = "revoked"
    EXPIRED = "expired"
    MAKER_GONE = "maker_gone"
    INSTANCE_GONE = "instance_gone"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Standing:
    """``access`` is the creator's, in whose name the link is used; only while it is open."""

    state: LinkState
    access: Access | None = None


def find_link(token: str) -> ConnectLink | None:
    """Find a link by its token, in any state."""
    return _links().filter(token_hash=hash_key(token)).first()


def link_by_id(link_id: UUID) -> ConnectLink | None:
    """Find a link by its id, which the caller got from a signed state or a session."""
    return _links().filter(pk=link_id).first()


def _links() -> QuerySet[ConnectLink]:
    return ConnectLink.objects.select_related("instance__tenant", "app", "maker")


def links_of(instance: Instance) -> QuerySet[ConnectLink]:
    """Return the instance's links, newest first and each batch by name, with the accounts that they connected."""
    found = ConnectLink.objects.filter(instance=instance).select_related("account", "maker", "revoked_by")
    return found.order_by("-created_at", "name", "id")


def state_of(link: ConnectLink) -> LinkState:
    """Return the state that the row shows, without regard to the creator's role."""
    if link.used_at:
        return LinkState.USED
    if link.revoked_at:
        return LinkState.REVOKED
    if link.instance_id is None:
        return LinkState.INSTANCE_GONE
    return LinkState.EXPIRED if link.expires_at <= timezone.now() else LinkState.OPEN


def standing_of(link: ConnectLink | None) -> Standing:
    """Return the link's state, given the creator's current role."""
    if link is None:
        return Standing(LinkState.UNKNOWN)
    state = state_of(link)
    if state != LinkState.OPEN or link.instance is None:
        return Standing(state)
    access = access_for(link.maker, link.instance) if link.maker else None
    if access is None or not access.can(Permission.ACCOUNT_MANAGE):
        return Standing(LinkState.MAKER_GONE)
    if lacks_second_factor(access.user, link.instance.tenant):
        return Standing(LinkState.MAKER_GONE)
    return Standing(state, access)


def app_of(link: ConnectLink) -> TikTokApp | None:
    """Return the chosen app, or the default if none was chosen or it is gone."""
    if link.instance is None:
        return None
    apps = list(apps_for(link.instance))
    chosen = [app for app in apps if app.pk == link.app_id]
    return chosen[0] if chosen else default_app(apps)


@dataclass(frozen=True, slots=True)
class LinkLine:
    """One line of the list."""

    link: ConnectLink
    state: LinkState

    @property
    def look(self) -> str:
        """The name of the state's badge."""
        return f"link_{self.state}"

    @property
    def is_live(self) -> bool:
        """Whether it can be used, now or once its creator may connect accounts again."""
        return self.state in (LinkState.OPEN, LinkState.MAKER_GONE)

    @property
    def can_renew(self) -> bool:
        """Whether it can be replaced: it was neither used nor revoked."""
        return self.is_live or self.state == LinkState.EXPIRED


def lines_of(reader: Access, links: Iterable[ConnectLink]) -> list[LinkLine]:
    """Return the links with their states; two statements if other people have created some."""
    rows = list(links)
    others = any(link.maker_id != reader.user.pk for link in rows)
    may_link = _may_link(reader.instance) if others else {reader.user.pk}
    return [LinkLine(link, _state_in_list(link, may_link)) for link in rows]


def _may_link(instance: Instance) -> set[UUID]:
    return {
        member.user.pk
        for member in members_of(instance, reader=Role.OWNER)
        if member.user.is_active and Permission.ACCOUNT_MANAGE in ALLOWED[member.role]
    }


def _state_in_list(link: ConnectLink, may_link: set[UUID]) -> LinkState:
    state = state_of(link)
    return LinkState.MAKER_GONE if state == LinkState.OPEN and link.maker_id not in may_link else state
