"""The address of TikTok's consent page, as TikTok wants it."""

from collections.abc import Iterable
from typing import Any

from allauth.socialaccount.providers.tiktok.client import TikTokOAuth2Client

from tiktok.access.gateway import consent_url


class LinkClient(TikTokOAuth2Client):
    """allauth joins ``set(scope)`` in random order and would skip the consent page; TikTok wants neither."""

    def get_redirect_url(self, authorization_url: str, scope: Iterable[str], extra_params: dict[str, Any]) -> str:
        """Where to send the browser; ``authorization_url`` comes from our settings instead."""
        return consent_url(
            client_key=self.consumer_key,
            scopes=scope,
            redirect_uri=self.callback_url,
            state=self.state or "",
            code_challenge=extra_params.get("code_challenge"),
        )
