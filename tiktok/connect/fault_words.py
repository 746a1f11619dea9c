"""Texts for faults on the way to TikTok and back: what happened, who can fix it, what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class Matter(StrEnum):
    """The party that can fix the fault."""

    YOURS = "yours"
    OPERATOR = "operator"
    TIKTOK = "tiktok"


MATTERS: Final[Mapping[str, Text]] = {
    Matter.YOURS: _("You"),
    Matter.OPERATOR: _("Your administrator"),
    Matter.TIKTOK: _("TikTok. Nothing is wrong with your accounts."),
}


@dataclass(frozen=True, slots=True)
class Words:
    """``title`` and ``text``: what happened; ``step``: what to do next."""

    matter: Matter
    title: Text
    text: Text
    step: Text


_AGAIN: Final = _("Connect again.")
_IN_A_MOMENT: Final = _("Connect again in a moment.")

#: TikTok's own codes, at the callback and in the token response (docs/tiktok.md, section 3).
OAUTH_WORDS: Final[Mapping[str, Words]] = {
    "access_denied": Words(
        Matter.YOURS,
        _("Access was denied"),
        _("You pressed Cancel on TikTok’s page, or TikTok does not allow this account to grant access."),
        _("If you did not intend that, connect again and press Allow there."),
    ),
    "invalid_client": Words(
        Matter.OPERATOR,
        _("TikTok does not recognize this app"),
        _("TikTok does not accept the app’s client key or client secret."),
        _("Ask your administrator to compare both with the app’s page at TikTok for Developers, then connect again."),
    ),
    "invalid_grant": Words(
        Matter.YOURS,
        _("TikTok’s authorization code was no longer valid"),
        _("The code had been used, had expired, or was issued for another redirect URI."),
        _("Connect again. If it happens every time, the app’s redirect URIs in Clipdesk and at TikTok differ."),
    ),
    "invalid_request": Words(
        Matter.OPERATOR,
        _("TikTok did not understand the request"),
        _("Something was missing or malformed. Most often the redirect URI is not the one registered at TikTok."),
        _("Ask your administrator to compare the app’s redirect URI with the one at TikTok for Developers."),
    ),
    "invalid_scope": Words(
        Matter.OPERATOR,
        _("TikTok does not allow this app all the permissions that it requests"),
        _("At least one scope that the app requests is unknown to TikTok or not approved."),
        _("Ask your administrator to add the scope at TikTok for Developers, or to remove it from the app here."),
    ),
    "unauthorized_client": Words(
        Matter.OPERATOR,
        _("TikTok does not let this app ask for access"),
        _("The app is not approved yet, was turned off, or does not have the product Login Kit."),
        _("Ask your administrator to check the app’s status and products at TikTok for Developers."),
    ),
    "unsupported_grant_type": Words(
        Matter.OPERATOR,
        _("TikTok no longer issues tokens this way"),
        _("TikTok no longer accepts the kind of request that Clipdesk sends for tokens."),
        _("Ask your administrator to update Clipdesk, or to report the code below if it is up to date."),
    ),
    "unsupported_response_type": Words(
        Matter.OPERATOR,
        _("TikTok no longer answers this way"),
        _("TikTok no longer supports the kind of response that Clipdesk requests from its consent page."),
        _("Ask your administrator to update Clipdesk, or to report the code below if it is up to date."),
    ),
    "server_error": Words(
        Matter.TIKTOK,
        _("TikTok had an internal error"),
        _("TikTok could not complete the authorization."),
        _("Connect again in a few minutes."),
    ),
    "temporarily_unavailable": Words(
        Matter.TIKTOK,
        _("TikTok is not available right now"),
        _("TikTok is down or overloaded."),
        _("Connect again in 15 minutes."),
    ),
    "rate_limit_exceeded": Words(
        Matter.TIKTOK,
        _("TikTok asked Clipdesk to slow down"),
        _("Too many requests were sent to TikTok in a short time."),
        _("Wait a moment, then connect again."),
    ),
}

#: The connection to TikTok, and answers that cannot be used.
LINE_WORDS: Final[Mapping[str, Words]] = {
    "unknown_refusal": Words(
        Matter.TIKTOK,
        _("TikTok refused the request"),
        _("TikTok returned a reason that its documentation does not explain."),
        _("Connect again in a moment. If TikTok refuses again, send the code below to your administrator."),
    ),
    "not_reached": Words(
        Matter.OPERATOR,
        _("TikTok could not be reached"),
        _("The network between Clipdesk and TikTok is down, or TikTok is."),
        _("Connect again in a moment. If that fails, ask your administrator to check the server’s network."),
    ),
    "answer_lost": Words(
        Matter.TIKTOK,
        _("TikTok did not answer"),
        _("The answer did not arrive in time, or the connection broke. TikTok may still list the app as connected."),
        _IN_A_MOMENT,
    ),
    "answer_unreadable": Words(
        Matter.TIKTOK,
        _("TikTok’s answer could not be read"),
        _("It was not in the documented form, or incomplete."),
        _IN_A_MOMENT,
    ),
    "no_scopes": Words(
        Matter.YOURS,
        _("TikTok granted no permissions"),
        _("Nothing was allowed on TikTok’s page, not even the account’s name."),
        _("Connect again and leave the permissions on TikTok’s page switched on."),
    ),
    "code_missing": Words(
        Matter.TIKTOK,
        _("TikTok’s answer was incomplete"),
        _("TikTok sent you back with neither a code nor an error."),
        _IN_A_MOMENT,
    ),
}

#: The way back: a state that is not valid, and what changed while the person was at TikTok.
RETURN_WORDS: Final[Mapping[str, Words]] = {
    "state_missing": Words(
        Matter.YOURS,
        _("This page was opened without an answer from TikTok"),
        _("TikTok sends people back to this page. Opened directly, it does nothing."),
        _("Open Accounts and choose Connect TikTok."),
    ),
    "state_unknown": Words(
        Matter.YOURS,
        _("Clipdesk does not recognize this attempt to connect"),
        _(
            "It was started in another browser or before you last signed in, or newer attempts in this browser have"
            " replaced it."
        ),
        _("Connect again in this browser."),
    ),
    "state_crowded": Words(
        Matter.YOURS,
        _("Too many attempts to connect at once"),
        _("Clipdesk keeps a browser’s ten latest attempts, and TikTok’s answer does not match any of them."),
        _("Finish or close the other windows, then connect again."),
    ),
    "state_used": Words(
        Matter.YOURS,
        _("This attempt to connect is finished"),
        _("TikTok’s answer can be used only once."),
        _("If the account is not listed under Accounts, connect again."),
    ),
    "state_expired": Words(
        Matter.YOURS,
        _("This attempt took longer than ten minutes"),
        _("For your security, TikTok’s answer is accepted for ten minutes only."),
        _AGAIN,
    ),
    "state_foreign": Words(
        Matter.YOURS,
        _("This answer belongs to another request"),
        _("It was started in this browser, but not by Connect TikTok."),
        _("Open Accounts and choose Connect TikTok."),
    ),
    "signed_out": Words(
        Matter.YOURS,
        _("You are not signed in here"),
        _("You have signed out since the attempt started, or it started in another browser."),
        _("Sign in and connect again. If you received a connect link, open it again."),
    ),
    "other_person": Words(
        Matter.YOURS,
        _("Another person is signed in now"),
        _("A different person started this attempt in this browser."),
        _("Connect again, or sign in as that person."),
    ),
    "instance_gone": Words(
        Matter.YOURS,
        _("This instance was deleted"),
        _("The instance was deleted while you were at TikTok."),
        _("Choose another instance and connect there."),
    ),
    "not_member": Words(
        Matter.YOURS,
        _("You are no longer a member of this instance"),
        _("Your membership ended while you were at TikTok."),
        _("Ask an admin of the instance to invite you again."),
    ),
    "two_factor_missing": Words(
        Matter.YOURS,
        _("You need two-factor sign-in first"),
        _("Your team requires two-factor sign-in, and you have not set it up."),
        _("Set it up under “Two-factor sign-in” in your menu, then connect the account again."),
    ),
    "role_changed": Words(
        Matter.YOURS,
        _("Your role no longer allows this"),
        _("Your role was changed while you were at TikTok."),
        _("Ask an admin of the instance to connect the account, or to change your role."),
    ),
    "app_gone": Words(
        Matter.OPERATOR,
        _("This TikTok app was removed"),
        _("The app that you started with is no longer set up here."),
        _("Connect through another app, or ask your administrator to set one up."),
    ),
    "secret_unreadable": Words(
        Matter.OPERATOR,
        _("The app’s client secret cannot be read"),
        _("The key that Clipdesk encrypted it with is missing."),
        _("Ask your administrator to enter the client secret again."),
    ),
    "account_gone": Words(
        Matter.YOURS,
        _("This account was removed"),
        _("The account that you wanted to reconnect was removed while you were at TikTok."),
        _("To use it again, connect it as a new account."),
    ),
    "account_disconnected": Words(
        Matter.YOURS,
        _("This account has been disconnected"),
        _("It was disconnected while you were at TikTok, and your role does not allow you to reconnect it."),
        _("Ask an admin of the instance to reconnect it."),
    ),
    "wrong_method": Words(
        Matter.YOURS,
        _("This address only accepts answers from TikTok"),
        _("TikTok’s answer has to arrive as an ordinary page view."),
        _("Open Accounts and choose Connect TikTok."),
    ),
    "forgotten": Words(
        Matter.YOURS,
        _("The result is no longer available"),
        _("It was shown some time ago, or in another browser."),
        _("Check Accounts to see whether it is connected."),
    ),
}

WORDS: Final[Mapping[str, Words]] = {**OAUTH_WORDS, **LINE_WORDS, **RETURN_WORDS}
