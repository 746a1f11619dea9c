"""An attempt to connect; it travels in allauth's state, in the session, and is checked before it is trusted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from accounts.models import User
from instances.access import Access, access_for, lacks_second_factor
from instances.models import Instance
from instances.roles import Permission
from tiktok.connect.links.queries import link_by_id, standing_of
from tiktok.models import AccountStatus, ConnectLink, TikTokAccount, TikTokApp


class NotAllowed(Exception):
    """The person may not connect; ``code`` is a key of fault_words, or "link_" and a connect link's state."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class LinkAttempt:
    """The person, app and instance of one connection; ``account``: the one to reconnect, if any.

    ``link``: the connect link that was used; then there is no ``user``, and the holder of the state may continue.
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
        """Read from a state's data; None if another flow created the state."""
        if not isinstance(data, dict) or data.keys() != cls.__dataclass_fields__.keys():
            return None
        return cls(**data)

    def as_data(self) -> dict[str, Any]:
        """Return plain data for the state."""
        return asdict(self)

    def find_app(self) -> TikTokApp | None:
        """Return the app, unless it was deleted or given to another tenant since."""
        tenant = Instance.objects.filter(pk=UUID(self.instance)).values("tenant_id")
        return TikTokApp.objects.filter(Q(tenant=None) | Q(tenant_id__in=tenant), pk=UUID(self.app)).first()

    def slug(self) -> str:
        """Return the instance's slug, for the way back; "" if it is gone."""
        return Instance.objects.filter(pk=UUID(self.instance)).values_list("slug", flat=True).first() or ""

    def find_link(self) -> ConnectLink | None:
        """Return the connect link that was used, in any state."""
        return link_by_id(UUID(self.link)) if self.link else None

    def check(self, user: User | AnonymousUser) -> Access:
        """Return the person's current access to the instance, for a connect link its creator's.

        Raises NotAllowed if they may not, or may no longer, link, or the link cannot be used.
        """
        return self._check_link() if self.link else self._check_person(user)

    def _check_link(self) -> Access:
        standing = standing_of(self.find_link())
        if standing.access is None:
            raise NotAllowed(f"link_{standing.state}")
        return standing.access

    def _check_person(self, user: User | AnonymousUser) -> Access:
        if isinstance(user, AnonymousUser):
            raise NotAllowed("signed_out")
        if str(user.pk) != self.user:
            raise NotAllowed("other_person")
        instance = Instance.objects.select_related("tenant").filter(pk=UUID(self.instance)).first()
        if instance is None:
            raise NotAllowed("instance_gone")
        access = access_for(user, instance)
        if access is None:
            raise NotAllowed("not_member")
        if lacks_second_factor(access.user, instance.tenant):
            raise NotAllowed("two_factor_missing")
        if not access.can(Permission.ACCOUNT_MANAGE if self.needs_manage else Permission.ACCOUNT_RECONNECT):
            raise NotAllowed("role_changed")
        return access

    def check_account(self, access: Access) -> TikTokAccount | None:
        """Return the account to reconnect, if any, inside the instance's scope. Raises NotAllowed."""
        if not self.account:
            return None
        account = TikTokAccount.objects.select_related("credential").filter(pk=UUID(self.account)).first()
        if account is None:
            raise NotAllowed("account_gone")
        is_leaving = account.status in (AccountStatus.DISCONNECTING, AccountStatus.DISCONNECTED)
        if is_leaving and not access.can(Permission.ACCOUNT_MANAGE):
            raise NotAllowed("account_disconnected")
        return account
