"""The address of TikTok's consent page, in the form that TikTok requires."""

from collections.abc import Iterable
from typing import Any

from allauth.socialaccount.providers.tiktok.client import TikTokOAuth2Client

from tiktok.access.gateway import consent_url


class LinkClient(TikTokOAuth2Client):
    """Keeps the order of scopes, which allauth shuffles, and the consent page, which allauth would skip."""

    def get_redirect_url(self, authorization_url: str, scope: Iterable[str], extra_params: dict[str, Any]) -> str:
        """Return the address of the consent page, from the settings instead of ``authorization_url``."""
        return consent_url(
            client_key=self.consumer_key,
            scopes=scope,
            redirect_uri=self.callback_url,
            state=self.state or "",
            code_challenge=extra_params.get("code_challenge"),
        )
