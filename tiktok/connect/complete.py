"""After connecting: read the profile, and name an account that has no name."""

from django.utils.translation import gettext as _

from tiktok.access.throttle import RateHeld
from tiktok.access.tokens import ReconnectNeeded, RefreshUnderWay
from tiktok.accounts.profile import sync_profile
from tiktok.api.errors import TikTokError
from tiktok.connect.services import Linked


def complete(linked: Linked, *, named: bool) -> str:
    """Read the profile and return what failed, in words; without ``named`` a new account takes TikTok's name."""
    account = linked.account
    try:
        sync_profile(account)
    except ReconnectNeeded:
        return _("TikTok rejected the authorization that it had just issued. Connect the account again.")
    except (TikTokError, RefreshUnderWay, RateHeld):
        return _("Its profile could not be read yet. Clipdesk will try again.")
    if linked.is_new and not named and (name := account.display_name or account.username):
        account.name = name[:80]
        account.save(update_fields=["name"])
    return ""
