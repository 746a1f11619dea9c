"""The provider ``tiktok`` as allauth sees it: key, redirect URI, scopes and PKCE come from a TikTokApp."""

from typing import Any

from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.tiktok.provider import TikTokProvider
from django.http import HttpRequest, HttpResponse

from tiktok.api import login_kit
from tiktok.connect.attempt import LinkAttempt
from tiktok.connect.oauth.adapter import LinkOAuth2Adapter, social_app
from tiktok.models import PkceMode, TikTokApp


class LinkProvider(TikTokProvider):
    """Connects accounts to instances; offers no sign-in."""

    app: SocialApp
    oauth2_adapter_class = LinkOAuth2Adapter

    def get_pkce_params(self) -> dict[str, str]:
        """Return no PKCE for web apps, the hex digest for desktop apps, which no OAuth library supports."""
        mode = self.app.settings.get("pkce", PkceMode.OFF)
        if mode == PkceMode.OFF:
            return {}
        verifier = login_kit.make_verifier()
        return {
            "code_verifier": verifier,
            "code_challenge": login_kit.challenge(verifier, "hex" if mode == PkceMode.HEX else "base64url"),
        }


def send_to_tiktok(request: HttpRequest, app: TikTokApp, attempt: LinkAttempt) -> HttpResponse:
    """Stash the attempt in a state and redirect to TikTok's consent page."""
    provider: Any = LinkProvider(request, app=social_app(app))
    response: HttpResponse = provider.redirect(request, process=AuthProcess.REDIRECT, data=attempt.as_data())
    return response


provider_classes = [LinkProvider]
