"""The adapter that allauth calls during the callback: chooses the app, handles the tokens, shows the outcome.

allauth wants the provider before it takes the state out of the session, so ``get_provider`` looks at the state
without consuming it. No SocialApp, SocialAccount or SocialToken is ever saved.
"""

from collections.abc import Mapping
from time import time
from typing import Any, NoReturn

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers import registry
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.tiktok.views import TikTokOAuth2Adapter
from allauth.utils import get_request_param
from django.http import HttpRequest

from core.jobs.clock import read_db_now
from tiktok.access.gateway import call_as_app
from tiktok.access.secrets import ClientSecretUnreadable
from tiktok.api import login_kit
from tiktok.api.answers import clean_text
from tiktok.api.errors import TikTokError
from tiktok.api.types import TokenSet
from tiktok.connect import outcomes
from tiktok.connect.attempt import LinkAttempt, NotAllowed
from tiktok.connect.finish import check_attempt, finish_link
from tiktok.connect.oauth.client import LinkClient
from tiktok.connect.outcomes import Outcome
from tiktok.connect.refusal import refusal
from tiktok.connect.result import kept_result, to_result
from tiktok.models import TikTokApp


class LinkRefused(OAuth2Error):
    """End the callback with this page."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.code)
        self.outcome = outcome


class LinkLogin(SocialLogin):
    """The token response on its way through allauth to our hook; never saved."""

    attempt: LinkAttempt
    tiktok_app: TikTokApp
    tokens: TokenSet
    asked_at: Any


def social_app(app: TikTokApp | None) -> SocialApp:
    """Build an unsaved SocialApp for allauth, without the secret, since Clipdesk exchanges the code itself."""
    if app is None:
        return SocialApp(provider="tiktok", provider_id="")
    settings = {"scope": list(app.scopes), "redirect_uri": app.redirect_uri, "pkce": app.pkce}
    return SocialApp(provider="tiktok", provider_id="", client_id=app.client_key, settings=settings)


def peek(request: HttpRequest) -> LinkAttempt:
    """Return the attempt behind this request's ``state``, without removing it from the session. Raises NotAllowed."""
    state_id = request.GET.get("state", "")
    stashed = statekit.get_states(request).get(state_id)
    if stashed is None:
        raise NotAllowed(_why_unknown(request, state_id))
    attempt = LinkAttempt.parse(stashed[0].get("data"))
    if attempt is None:
        raise NotAllowed("state_foreign")
    if time() - stashed[1] > statekit.STATE_TTL:
        raise NotAllowed("state_expired")
    return attempt


def _why_unknown(request: HttpRequest, state_id: str) -> str:
    if not state_id:
        return "state_missing"
    if kept_result(request, state_id):
        return "state_used"
    if _are_too_many_open(request):
        return "state_crowded"
    return "state_unknown" if request.user.is_authenticated else "signed_out"


def _are_too_many_open(request: HttpRequest) -> bool:
    """Tell whether this browser has as many open attempts as allauth keeps; an older one is then forgotten."""
    began = [stashed[1] for stashed in statekit.get_states(request).values()]
    return sum(time() - at <= statekit.STATE_TTL for at in began) >= statekit.MAX_STATES


class LinkOAuth2Adapter(TikTokOAuth2Adapter):
    """Handle a callback, from the state to the tokens."""

    client_class = LinkClient

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self._provider: Any = None
        self._attempt: LinkAttempt | None = None
        self._app: TikTokApp | None = None
        self._asked_at: Any = None

    def get_provider(self) -> Any:
        """Return the provider for the app in the state; without a valid state the callback ends here."""
        if self._provider is None:
            try:
                self._attempt = peek(self.request)
            except NotAllowed as refused:
                raise ImmediateHttpResponse(to_result(self.request, outcomes.fault(refused.code), None)) from refused
            self._app = self._attempt.find_app()
            if self._app is None:
                raise ImmediateHttpResponse(to_result(self.request, outcomes.fault("app_gone"), self._attempt))
            self._provider = registry.get_class(self.provider_id)(self.request, app=social_app(self._app))
        return self._provider

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Return the URI registered with TikTok, the same for authorization and exchange."""
        return str(app.settings.get("redirect_uri", ""))

    def get_access_token_data(
        self, request: HttpRequest, app: SocialApp, client: Any, pkce_code_verifier: str | None = None
    ) -> TokenSet:
        """Exchange the code, once, after checking that the person may still connect."""
        if self._attempt is None or self._app is None:
            raise LinkRefused(outcomes.fault("state_unknown"))
        self._asked_at = read_db_now()
        try:
            check_attempt(request.user, self._attempt)
            return _exchange(self._app, get_request_param(request, "code") or "", pkce_code_verifier)
        except NotAllowed as refused:
            raise LinkRefused(refusal(refused)) from refused
        except ClientSecretUnreadable as error:
            raise LinkRefused(outcomes.fault("secret_unreadable")) from error
        except TikTokError as error:
            raise LinkRefused(outcomes.from_error(error)) from error

    def parse_token(self, data: Any) -> SocialToken:
        """Return nothing, so that tokens stay out of allauth's tables."""
        return SocialToken()

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        """Build the login from the token response alone; the profile is read later, with the granted scopes."""
        tokens: TokenSet = kwargs["response"]
        account = SocialAccount(uid=tokens.open_id, provider=self.provider_id)
        login = LinkLogin(account=account, provider=self.get_provider())
        if self._attempt is None or self._app is None:
            raise LinkRefused(outcomes.fault("state_unknown"))
        login.attempt, login.tiktok_app, login.tokens = self._attempt, self._app, tokens
        login.asked_at = self._asked_at
        return login


def _exchange(app: TikTokApp, code: str, code_verifier: str | None) -> TokenSet:
    return call_as_app(
        app,
        lambda client, secret: login_kit.fetch_token(
            client,
            client_key=app.client_key,
            client_secret=secret,
            code=code,
            redirect_uri=app.redirect_uri,
            code_verifier=code_verifier,
        ),
    )


class LinkingAdapter(DefaultSocialAccountAdapter):
    """SOCIALACCOUNT_ADAPTER: no sign-in through third parties; every callback ends on Clipdesk's page."""

    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        """Return no provider, so that the sign-in page shows no button."""
        return []

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Forbid sign-up through a provider."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> NoReturn:
        """Connect the account instead of signing in; allauth's own flow ends here."""
        if not isinstance(sociallogin, LinkLogin):
            raise ImmediateHttpResponse(to_result(request, outcomes.fault("state_unknown"), None))
        outcome = finish_link(
            request.user,
            attempt=sociallogin.attempt,
            app=sociallogin.tiktok_app,
            tokens=sociallogin.tokens,
            asked_at=sociallogin.asked_at,
        )
        raise ImmediateHttpResponse(to_result(request, outcome, sociallogin.attempt))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: Mapping[str, Any] | None = None,
    ) -> NoReturn:
        """Show a failure of the callback in Clipdesk's words."""
        state = (extra_context or {}).get("state")
        attempt = LinkAttempt.parse(state.get("data")) if isinstance(state, dict) else None
        outcome = _outcome(request, attempt, exception)
        raise ImmediateHttpResponse(to_result(request, outcome, attempt))


def _outcome(request: HttpRequest, attempt: LinkAttempt | None, exception: Exception | None) -> Outcome:
    if isinstance(exception, LinkRefused):
        return exception.outcome
    if attempt is None:
        return outcomes.fault("state_expired")  # between our look at it and allauth's
    code = request.GET.get("error", "")
    if not code:
        return outcomes.fault("code_missing")
    return outcomes.refused(clean_text(code), clean_text(request.GET.get("error_description", "")))
