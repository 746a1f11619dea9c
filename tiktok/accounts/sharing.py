"""Where else in this deployment a TikTok user is linked; the credential is one for all of them."""

from dataclasses import dataclass, field

from allauth.mfa.utils import is_mfa_enabled
from django.db.models import Exists, OuterRef

from accounts.models import User
from instances.queries import instances_of
from instances.scoping import unscoped
from tiktok.models import AccountStatus, TikTokAccount


@dataclass(frozen=True, slots=True)
class Sharing:
    """Links in other instances: how many, and those that the person may see, by the instance's name."""

    places: int = 0
    seen: list[TikTokAccount] = field(default_factory=list)

    @property
    def is_last(self) -> bool:
        """Whether disconnecting gives the consent back to TikTok."""
        return not self.places

    @property
    def unseen(self) -> int:
        """Places that are not named to this person."""
        return self.places - len(self.seen)


def sharing_of(account: TikTokAccount, reader: User) -> Sharing:
    """One statement; one more where a tenant asks for two-factor sign-in, without which nobody sees inside."""
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
