"""Why TikTok cannot download from a URL prefix, in words with what to do. The codes are stored with the app."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class PrefixProblem(StrEnum):
    """The first four are of the address itself, the last one is TikTok's answer; the others a check found."""

    OWN_MACHINE = "own_machine"
    IP_ADDRESS = "ip_address"
    NOT_HTTPS = "not_https"
    OTHER_PORT = "other_port"
    NOT_PUBLIC = "not_public"
    UNRESOLVED = "unresolved"
    NO_CONNECTION = "no_connection"
    NO_TLS = "no_tls"
    SLOW = "slow"
    BROKEN_OFF = "broken_off"
    REDIRECT = "redirect"
    BAD_REQUEST = "bad_request"
    NOT_FOUND = "not_found"
    OTHER_STATUS = "other_status"
    CONTENT_TYPE = "content_type"
    CONTENT = "content"
    REFUSED_BY_TIKTOK = "refused_by_tiktok"


@dataclass(frozen=True, slots=True)
class Explanation:
    """``text`` says what is wrong, ``step`` what fixes it."""

    text: str
    step: str


_PUBLIC_ADDRESS: Final = _(
    "To publish photos, run Clipdesk at a public https address with a host name, set BASE_URL to it and restart."
)
_PROXY: Final = _("Make the proxy pass everything below this address to Clipdesk, then check again.")
_WORDS: Final[Mapping[PrefixProblem, tuple[Promise, Promise]]] = MappingProxyType(
    {
        PrefixProblem.OWN_MACHINE: (
            _("TikTok can’t reach %(url)s: the address works only on this machine or in its network."),
            _PUBLIC_ADDRESS,
        ),
        PrefixProblem.IP_ADDRESS: (
            _("%(url)s has an IP address instead of a host name, which TikTok does not accept."),
            _PUBLIC_ADDRESS,
        ),
        PrefixProblem.NOT_HTTPS: (
            _("%(url)s starts with http://, but TikTok downloads only by https."),
            _PUBLIC_ADDRESS,
        ),
        PrefixProblem.OTHER_PORT: (
            _("%(url)s has a port of its own, but Clipdesk can check only the usual port of https, 443."),
            _("Serve Clipdesk on port 443, set BASE_URL to the address without a port and restart."),
        ),
        PrefixProblem.NOT_PUBLIC: (
            _("The host name of %(url)s leads to a private address, which TikTok can’t reach."),
            _(
                "Let the name lead to a public address. If only your network resolves it to a private one, make this"
                " server use a public name server. Then check again."
            ),
        ),
        PrefixProblem.UNRESOLVED: (
            _("The host name of %(url)s is unknown."),
            _("Add it to DNS, or correct BASE_URL and restart. Then check again."),
        ),
        PrefixProblem.NO_CONNECTION: (
            _("Nothing answers at %(url)s."),
            _(
                "Open the address from another network. If it opens there, your router does not route back to your"
                " network: turn on NAT loopback. If not, check the proxy and the firewall."
            ),
        ),
        PrefixProblem.NO_TLS: (
            _("The certificate at %(url)s is not valid."),
            _("Install a certificate for this host name that browsers accept, then check again."),
        ),
        PrefixProblem.SLOW: (
            _("%(url)s did not answer within 10 seconds."),
            _("Check the load of this server and of the proxy, then check again."),
        ),
        PrefixProblem.BROKEN_OFF: (
            _("The answer at %(url)s broke off."),
            _("Check the proxy’s log, then check again."),
        ),
        PrefixProblem.REDIRECT: (
            _("%(url)s redirects to another address, and TikTok follows no redirects."),
            _("Set BASE_URL to the address that answers without a redirect and restart, or remove the redirect."),
        ),
        PrefixProblem.BAD_REQUEST: (
            _("%(url)s returns error 400, as Clipdesk does for hosts that are missing from ALLOWED_HOSTS."),
            _("Add the host to ALLOWED_HOSTS, or leave it empty, and restart. Then check again."),
        ),
        PrefixProblem.NOT_FOUND: (
            _("%(url)s returns error 404, so another server seems to answer there."),
            _PROXY,
        ),
        PrefixProblem.OTHER_STATUS: (
            _("%(url)s returns an error."),
            _("Open the address in a browser, check the logs of the proxy and of Clipdesk, then check again."),
        ),
        PrefixProblem.CONTENT_TYPE: (
            _("%(url)s does not return plain text, so another server seems to answer there."),
            _PROXY,
        ),
        PrefixProblem.CONTENT: (
            _("%(url)s does not return the verification file exactly as it was entered here."),
            _PROXY,
        ),
        PrefixProblem.REFUSED_BY_TIKTOK: (
            _("TikTok has refused a post since it has not verified %(url)s (url_ownership_unverified)."),
            _("In TikTok’s portal, verify the URL prefix for this app. Then check again here."),
        ),
    }
)


def explain(problem: PrefixProblem, *, url: str) -> Explanation:
    """Return the problem in words; ``url`` is the address that was checked."""
    text, step = _WORDS[problem]
    return Explanation(str(text) % {"url": url}, str(step))
