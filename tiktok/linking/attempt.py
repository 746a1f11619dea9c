"""What a person set out to link; it travels in allauth's state, in their session, and is believed only with checks."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from instances.access import Access, access_for
from instances.models import Instance
from instances.roles import Permission
from tiktok.linking.connect_links.queries import link_by_id, standing_of
from tiktok.models import ConnectLink, TikTokApp


@dataclass(frozen=True, slots=True)
class LinkAttempt:
    """Who links through which app to which instance; ``account`` when an account is to be reconnected.

    ``link``: the connect link by which somebody came; then there is no ``user``, and whoever holds the state may go on.
    """

    user: str
    instance: str
    app: str
    name: str = ""
    account: str = ""
    needs_manage: bool = True
    link: str = ""

    @classmethod
    def parse(cls, data: Any) -> LinkAttempt | None:
        """From a state's data; None for a state that some other flow has made."""
        if not isinstance(data, dict) or data.keys() != cls.__dataclass_fields__.keys():
            return None
        return cls(**data)

    def as_data(self) -> dict[str, Any]:
        """For the state: plain values."""
        return asdict(self)

    def find_app(self) -> TikTokApp | None:
        """The app, unless it was deleted meanwhile."""
        return TikTokApp.objects.filter(pk=UUID(self.app)).first()

    def slug(self) -> str:
        """The instance's address, for the way back; "" if it is gone."""
        return Instance.objects.filter(pk=UUID(self.instance)).values_list("slug", flat=True).first() or ""

    def find_link(self) -> ConnectLink | None:
        """The connect link by which somebody came, whatever its state."""
        return link_by_id(UUID(self.link)) if self.link else None

    def access(self, user: User | AnonymousUser) -> Access | None:
        """The person's standing in the instance now; None if it is another person, or they may no longer link.

        By a connect link it is its maker's, as long as the link can be used.
        """
        if self.link:
            return standing_of(self.find_link()).access
        if isinstance(user, AnonymousUser) or str(user.pk) != self.user:
            return None
        instance = Instance.objects.select_related("tenant").filter(pk=UUID(self.instance)).first()
        access = access_for(user, instance) if instance else None
        needed = Permission.ACCOUNT_MANAGE if self.needs_manage else Permission.ACCOUNT_RECONNECT
        return access if access and access.can(needed) else None
