"""After the linking: the profile, and a name for an account that nobody has named."""

from django.utils.translation import gettext as _

from tiktok.access.throttle import RateHeld
from tiktok.access.tokens import ReconnectNeeded, RefreshUnderWay
from tiktok.accounts.profile import sync_profile
from tiktok.api.errors import TikTokError
from tiktok.connect.services import Linked


def complete(linked: Linked, *, named: bool) -> str:
    """Read the profile; what could not be done, in words. A new account that was not ``named`` takes TikTok's name."""
    account = linked.account
    try:
        sync_profile(account)
    except ReconnectNeeded:
        return _("But TikTok refuses the permission it has just given: connect it again.")
    except (TikTokError, RefreshUnderWay, RateHeld):
        return _("Its profile could not be read yet; Clipdesk tries again by itself.")
    if linked.is_new and not named and (name := account.display_name or account.username):
        account.name = name[:80]
        account.save(update_fields=["name"])
    return ""
