"""The state of an account's connection, and what can be done about it."""

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
    """Texts of the account page about the connection; makes no query."""

    account: TikTokAccount

    @cached_property
    def status(self) -> tuple[str, str]:
        """Status and label, as on the cards."""
        return account_status(self.account)

    @property
    def tone(self) -> str:
        """The tone of the note at the top; "" if there is nothing to say."""
        return TONES.get(self.status[0], "")

    @property
    def title(self) -> str:
        """The heading of the note."""
        titles = {
            "reconnect_needed": _("This account needs to be reconnected"),
            "limited": _("This account can’t publish"),
            "expiring": _("TikTok authorization expires soon"),
            "disconnected": _("This account is disconnected"),
        }
        return titles.get(self.status[0], "")

    @property
    def text(self) -> str:
        """Return the event, Clipdesk's reaction and the person's options."""
        waits = _("Its posts wait. Reconnect it as the same TikTok user to keep its name, history and waiting posts.")
        texts = {
            "reconnect_needed": f"{reason_text(self.account.status_reason)} {waits}",
            "limited": _("The account owner did not allow Clipdesk to publish. Its posts wait until they do."),
            "expiring": _("Everything works until then; after that, posts wait. Reconnect the account in time."),
            "disconnected": _("Its history stays. Once reconnected, it keeps its name and its waiting posts go out."),
        }
        return texts.get(self.status[0], "")

    @cached_property
    def features(self) -> list[Feature]:
        """The scopes, each with its state."""
        credential = self.account.credential
        return features_with_state(credential.app.scopes, credential.scopes)

    @property
    def asked_count(self) -> int:
        """Count the permissions that the app requests."""
        return len(self.account.credential.app.scopes)

    @property
    def granted_count(self) -> int:
        """Count how many of them the TikTok user has granted."""
        credential = self.account.credential
        return len(set(credential.app.scopes) & set(credential.scopes))

    @property
    def has_ungranted(self) -> bool:
        """Whether a new consent could grant more."""
        return self.account.is_active and any(feature.state == FeatureState.NOT_GRANTED for feature in self.features)

    @property
    def has_followers(self) -> bool:
        """Whether the counts are present and may be shown."""
        return Scope.USER_INFO_STATS in self.account.credential.scopes and self.account.follower_count is not None

    @property
    def renews_from(self) -> datetime | None:
        """The earliest time at which the access token is renewed for a post; None if it is not renewed."""
        return self.account.credential.next_refresh_at if self.account.is_active else None

    @property
    def renews_at_latest(self) -> datetime | None:
        """The time at which it is renewed at the latest."""
        issued = self.account.credential.access_issued_at
        return issued + IDLE if issued and self.account.is_active else None
