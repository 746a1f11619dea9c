"""What can go wrong on the way to TikTok and back: what happened, whose matter it is, what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class Matter(StrEnum):
    """Who can mend it."""

    YOURS = "yours"
    OPERATOR = "operator"
    TIKTOK = "tiktok"


MATTERS: Final[Mapping[str, Text]] = {
    Matter.YOURS: _("Yours: you can settle it yourself."),
    Matter.OPERATOR: _("That of whoever runs this Clipdesk."),
    Matter.TIKTOK: _("TikTok's; nothing is wrong with your accounts."),
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

#: TikTok's own codes, at the callback and in the answer to the exchange of the code (docs/tiktok.md, section 3).
OAUTH_WORDS: Final[Mapping[str, Words]] = {
    "access_denied": Words(
        Matter.YOURS,
        _("Access was not allowed"),
        _("Cancel was pressed on TikTok's page, or TikTok does not let this account give access."),
        _("Connect again and press Allow there, if that was not intended."),
    ),
    "invalid_client": Words(
        Matter.OPERATOR,
        _("TikTok does not know this app"),
        _("TikTok does not accept the app's client key or client secret."),
        _("Ask them to compare both with the app's page at TikTok for Developers, and then connect again."),
    ),
    "invalid_grant": Words(
        Matter.YOURS,
        _("TikTok's permission was not valid any more"),
        _("Its code was used already, took too long, or was made for another redirect URI."),
        _("Connect again. If this happens each time, the app's redirect URI here and at TikTok are not the same."),
    ),
    "invalid_request": Words(
        Matter.OPERATOR,
        _("TikTok did not understand the request"),
        _("Something is missing in it or malformed; most often the redirect URI is not the one registered at TikTok."),
        _("Ask them to compare the app's redirect URI, letter by letter, with the one at TikTok for Developers."),
    ),
    "invalid_scope": Words(
        Matter.OPERATOR,
        _("TikTok does not give this app all permissions"),
        _("At least one of the scopes that the app asks for is unknown to TikTok or not approved."),
        _("Ask them to add the scope to the app at TikTok for Developers, or to take it off the app here."),
    ),
    "unauthorized_client": Words(
        Matter.OPERATOR,
        _("TikTok does not let this app ask for access"),
        _("The app is not approved yet, was switched off, or does not have Login Kit among its products."),
        _("Ask them to look at the app's state and products at TikTok for Developers."),
    ),
    "unsupported_grant_type": Words(
        Matter.OPERATOR,
        _("TikTok does not give tokens this way"),
        _("TikTok no longer takes the kind of request with which Clipdesk fetches tokens."),
        _("Ask them to update Clipdesk, and to report the code below if it is up to date."),
    ),
    "unsupported_response_type": Words(
        Matter.OPERATOR,
        _("TikTok does not answer this way"),
        _("TikTok no longer takes the kind of answer that Clipdesk asks its consent page for."),
        _("Ask them to update Clipdesk, and to report the code below if it is up to date."),
    ),
    "server_error": Words(
        Matter.TIKTOK,
        _("TikTok had a fault of its own"),
        _("TikTok could not finish what you allowed."),
        _("Connect again in a few minutes."),
    ),
    "temporarily_unavailable": Words(
        Matter.TIKTOK,
        _("TikTok is not available right now"),
        _("TikTok is down or overloaded for the moment."),
        _("Connect again in a quarter of an hour."),
    ),
    "rate_limit_exceeded": Words(
        Matter.TIKTOK,
        _("TikTok asks for a pause"),
        _("TikTok was asked too often within a short time."),
        _("Connect again after the pause."),
    ),
}

#: The line, and answers that are none.
LINE_WORDS: Final[Mapping[str, Words]] = {
    "unknown_refusal": Words(
        Matter.TIKTOK,
        _("TikTok refused"),
        _("TikTok gave a reason that it describes nowhere."),
        _("Connect again in a moment. If TikTok refuses again, give the code below to whoever runs this Clipdesk."),
    ),
    "not_reached": Words(
        Matter.OPERATOR,
        _("TikTok could not be reached"),
        _("Clipdesk found no way to TikTok: the network between them is down, or TikTok is."),
        _("Connect again in a moment. If it stays so, ask them to look at the server's way to the internet."),
    ),
    "answer_lost": Words(
        Matter.TIKTOK,
        _("TikTok did not answer"),
        _("The answer did not come in time, or the line broke. TikTok may list the app as connected all the same."),
        _IN_A_MOMENT,
    ),
    "answer_unreadable": Words(
        Matter.TIKTOK,
        _("TikTok's answer could not be read"),
        _("It was not what TikTok describes, or something was missing in it."),
        _IN_A_MOMENT,
    ),
    "no_scopes": Words(
        Matter.YOURS,
        _("TikTok gave no permission"),
        _("You came back with consent to nothing: not even to the account's name."),
        _("Connect again and leave the permissions on TikTok's page switched on."),
    ),
    "code_missing": Words(
        Matter.TIKTOK,
        _("TikTok's answer was incomplete"),
        _("TikTok sent you back with neither a permission nor an error."),
        _IN_A_MOMENT,
    ),
}

#: The way back: a state that is not worth anything, and what changed while the person was at TikTok.
RETURN_WORDS: Final[Mapping[str, Words]] = {
    "state_missing": Words(
        Matter.YOURS,
        _("This page was opened without TikTok's answer"),
        _("It is the page to which TikTok sends people back; by itself it does nothing."),
        _("Begin with Connect TikTok at the accounts of your instance."),
    ),
    "state_unknown": Words(
        Matter.YOURS,
        _("Clipdesk does not know this attempt to connect"),
        _("It began in another browser or under an earlier sign-in, or many later ones began in this browser."),
        _("Connect again in this browser."),
    ),
    "state_crowded": Words(
        Matter.YOURS,
        _("Too many attempts to connect at once"),
        _("Clipdesk keeps the ten latest attempts of a browser; TikTok's answer belongs to none of them."),
        _("Finish or close the other windows, then connect again."),
    ),
    "state_used": Words(
        Matter.YOURS,
        _("This attempt to connect is finished"),
        _("TikTok's answer counts once, and it has been used."),
        _("Look at the accounts: what was linked stands there. Otherwise connect again."),
    ),
    "state_expired": Words(
        Matter.YOURS,
        _("This attempt took longer than ten minutes"),
        _("For your safety TikTok's answer is only taken for ten minutes."),
        _AGAIN,
    ),
    "state_foreign": Words(
        Matter.YOURS,
        _("This answer belongs to something else"),
        _("It was begun in this browser, but not by Connect TikTok."),
        _("Begin with Connect TikTok at the accounts of your instance."),
    ),
    "signed_out": Words(
        Matter.YOURS,
        _("You are not signed in here"),
        _("The sign-in under which the attempt began has ended, or it began in another browser."),
        _("Sign in and connect again; if you were sent a link, open that link again."),
    ),
    "other_person": Words(
        Matter.YOURS,
        _("Somebody else is signed in now"),
        _("Another person began to connect in this browser."),
        _("Connect again under this sign-in, or sign in as the person who began."),
    ),
    "instance_gone": Words(
        Matter.YOURS,
        _("This instance is gone"),
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
        _("The tenant requires two-factor sign-in, and you have not set it up."),
        _("Set it up under “Your sign-in”, then connect the account again."),
    ),
    "role_changed": Words(
        Matter.YOURS,
        _("Your role does not allow this any more"),
        _("Your role was changed while you were at TikTok."),
        _("Ask an admin of the instance to connect the account, or to change your role."),
    ),
    "app_gone": Words(
        Matter.OPERATOR,
        _("This TikTok app was removed"),
        _("The app through which you began to connect is no longer set up here."),
        _("Connect again through another app, or ask them to set one up."),
    ),
    "secret_unreadable": Words(
        Matter.OPERATOR,
        _("The app's client secret cannot be read"),
        _("The key with which Clipdesk encrypted it is missing."),
        _("Ask them to enter the client secret again."),
    ),
    "account_gone": Words(
        Matter.YOURS,
        _("This account is gone"),
        _("The account that you wanted to reconnect was removed while you were at TikTok."),
        _("Connect it as a new account, if it shall come back."),
    ),
    "account_disconnected": Words(
        Matter.YOURS,
        _("This account was disconnected meanwhile"),
        _("Somebody disconnected it while you were at TikTok, and your role may not connect it again."),
        _("Ask an admin of the instance to connect it again."),
    ),
    "wrong_method": Words(
        Matter.YOURS,
        _("TikTok does not come back this way"),
        _("This address takes TikTok's answer as an ordinary page view only."),
        _("Begin with Connect TikTok at the accounts of your instance."),
    ),
    "forgotten": Words(
        Matter.YOURS,
        _("The outcome is no longer kept"),
        _("It was shown some time ago, or in another browser."),
        _("Look at the accounts: what was linked stands there."),
    ),
}

WORDS: Final[Mapping[str, Words]] = {**OAUTH_WORDS, **LINE_WORDS, **RETURN_WORDS}
