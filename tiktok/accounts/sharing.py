"""The other instances in which a TikTok user is connected, sharing one credential."""

from dataclasses import dataclass, field

from allauth.mfa.utils import is_mfa_enabled
from django.db.models import Exists, OuterRef

from accounts.models import User
from instances.queries import instances_of
from instances.scoping import unscoped
from tiktok.models import AccountStatus, TikTokAccount


@dataclass(frozen=True, slots=True)
class Sharing:
    """Connections in other instances: their number, and those that the person may see, by instance name."""

    places: int = 0
    seen: list[TikTokAccount] = field(default_factory=list)

    @property
    def is_last(self) -> bool:
        """Whether disconnecting gives the consent back to TikTok."""
        return not self.places

    @property
    def unseen(self) -> int:
        """The number of instances that this person may not see."""
        return self.places - len(self.seen)


def sharing_of(account: TikTokAccount, reader: User) -> Sharing:
    """Find them in one statement; one more where a tenant requires two-factor sign-in."""
    with unscoped(reason="how many other instances linked the same TikTok user"):
        others = TikTokAccount.objects.filter(credential_id=account.credential_id).exclude(pk=account.pk)
        is_seen = Exists(instances_of(reader).filter(pk=OuterRef("instance_id")))
        links = list(
            others.exclude(status=AccountStatus.DISCONNECTED).select_related("instance__tenant").annotate(seen=is_seen)
        )
    seen = [link for link in links if link.seen]
    if any(link.instance.tenant.require_two_factor for link in seen) and not is_mfa_enabled(reader):
        seen = [link for link in seen if not link.instance.tenant.require_two_factor]
    return Sharing(len(links), sorted(seen, key=lambda link: link.instance.name.lower()))
