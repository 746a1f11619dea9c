"""How an account's connection stands, and what somebody can do about it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from tiktok.access.reasons import reason_text
from tiktok.access.refresh import IDLE
from tiktok.accounts.features import Feature, FeatureState, features_with_state
from tiktok.accounts.queries import account_status
from tiktok.api.types import Scope
from tiktok.models import TikTokAccount

TONES: Final = {"reconnect_needed": "bad", "limited": "warn", "expiring": "warn", "disconnected": "accent"}


@dataclass(frozen=True)
class Health:
    """What the account page says of the connection; asks the database nothing."""

    account: TikTokAccount

    @cached_property
    def status(self) -> tuple[str, str]:
        """Word and label, as on the cards."""
        return account_status(self.account)

    @property
    def tone(self) -> str:
        """Of the note at the top; "" where there is nothing to say."""
        return TONES.get(self.status[0], "")

    @property
    def title(self) -> str:
        """What it is about."""
        titles = {
            "reconnect_needed": _("This account has to be reconnected"),
            "limited": _("TikTok permissions are missing"),
            "expiring": _("TikTok's permission ends soon"),
            "disconnected": _("This account is disconnected"),
        }
        return titles.get(self.status[0], "")

    @property
    def text(self) -> str:
        """What happened, what Clipdesk does, what one can do."""
        waits = _("Posts wait meanwhile; a reconnect by the same TikTok user keeps name, history and waiting posts.")
        texts = {
            "reconnect_needed": f"{reason_text(self.account.status_reason)} {waits}",
            "limited": _("This account does not allow Clipdesk to publish. Its posts wait until that is granted."),
            "expiring": _("Until then everything works; afterwards posts wait. Reconnect once before the end."),
            "disconnected": _("Its history stays. Connected again, it keeps its name and its waiting posts go on."),
        }
        return texts.get(self.status[0], "")

    @cached_property
    def features(self) -> list[Feature]:
        """What the TikTok user allowed, feature by feature."""
        credential = self.account.credential
        return features_with_state(credential.app.scopes, credential.scopes)

    @property
    def has_ungranted(self) -> bool:
        """Whether another consent could switch something on."""
        return self.account.is_active and any(feature.state == FeatureState.NOT_GRANTED for feature in self.features)

    @property
    def has_followers(self) -> bool:
        """Whether the counts are present and may be shown."""
        return Scope.USER_INFO_STATS in self.account.credential.scopes and self.account.follower_count is not None

    @property
    def renews_from(self) -> datetime | None:
        """From when on the access token is renewed for work; None while nothing is renewed."""
        return self.account.credential.next_refresh_at if self.account.is_active else None

    @property
    def renews_at_latest(self) -> datetime | None:
        """When it is renewed without any work."""
        issued = self.account.credential.access_issued_at
        return issued + IDLE if issued and self.account.is_active else None
