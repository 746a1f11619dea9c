"""Check that BASE_URL leads to this very deployment, by a proof that only holders of SECRET_KEY can produce."""

import secrets
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from core.doctor.environment import LOOPBACK
from core.doctor.finding import Finding, fault, good, unknown, warning
from core.doctor.run import CheckContext, not_asked

ADDRESS: Final = "address"
PROXIES: Final = "proxies"
TIMEOUT_S: Final = (3.0, 5.0)
CHALLENGE_CHARS: Final = range(16, 65)
# Tunnels whose free addresses change at every start.
TUNNELS: Final = (
    ".ngrok.io", ".ngrok.app", ".ngrok.dev", ".ngrok-free.app", ".ngrok-free.dev", ".trycloudflare.com", ".loca.lt",
    ".localtunnel.me", ".lhr.life", ".localhost.run", ".serveo.net", ".pinggy.link", ".pinggy.io", ".bore.pub",
    ".share.zrok.io", ".devtunnels.ms", ".tunnelmole.net", ".telebit.io",
)  # fmt: skip


class NoAnswer(Exception):
    """No readable answer came back; the message is the finding's text."""


def self_description(request: HttpRequest) -> dict[str, Any]:
    """Return the fields that /healthz adds for a challenge: our proof, and how the request arrived. Nothing secret."""
    challenge = request.GET.get("challenge", "")
    if len(challenge) not in CHALLENGE_CHARS:
        return {}
    hops = [hop for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    return {"proof": _proof(challenge), "is_secure": request.is_secure(), "proxies": len(hops)}


def _proof(challenge: str) -> str:
    return salted_hmac("core.doctor.address", challenge, algorithm="sha256").hexdigest()


def is_tunnel(address: str) -> bool:
    """Return whether the host is a temporary one of a tunnel service."""
    return (urlsplit(address).hostname or "").endswith(TUNNELS)


def reaches_us(context: CheckContext) -> Iterable[Finding]:
    """Request BASE_URL from here, as a browser would, and check that the answer is ours."""
    if not context.is_online:
        return [not_asked(ADDRESS, settings.BASE_URL), not_asked(PROXIES, settings.BASE_URL)]
    challenge = secrets.token_hex(16)
    try:
        answer = _ask(challenge)
    except NoAnswer as error:
        return [_unreached(str(error)), unknown(PROXIES, _("Can’t be checked while the address does not respond."))]
    if not constant_time_compare(str(answer.get("proof", "")), _proof(challenge)):
        return [_somebody_else(), unknown(PROXIES, _("Can’t be checked while another server answers."))]
    said = _("%(url)s leads to this installation.") % {"url": settings.BASE_URL}
    return [good(ADDRESS, said), _proxies(answer)]


def _ask(challenge: str) -> dict[str, Any]:
    ours = {"url": settings.BASE_URL}
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(
                f"{settings.BASE_URL}/healthz",
                params={"challenge": challenge}, timeout=TIMEOUT_S, allow_redirects=False,
            )  # fmt: skip
            body = answer.json() if answer.status_code == 200 else None
    except requests.exceptions.SSLError as error:
        text = _("%(url)s cannot be reached from this server: its certificate is not valid.")
        raise NoAnswer(text % ours) from error
    except requests.exceptions.JSONDecodeError:
        return {}
    except requests.Timeout as error:
        text = _("%(url)s cannot be reached from this server: the connection timed out.")
        raise NoAnswer(text % ours) from error
    except requests.RequestException as error:
        text = _("%(url)s cannot be reached from this server: the name is unknown, or nothing listens there.")
        raise NoAnswer(text % ours) from error
    if text := _odd_status(answer):
        raise NoAnswer(text)
    return body if isinstance(body, dict) else {}


def _odd_status(answer: requests.Response) -> str:
    """Explain an answer that is not from Clipdesk's health page."""
    url = settings.BASE_URL
    if answer.status_code == 400:
        text = _("%(url)s returns error 400, as Clipdesk does for hosts that are missing from ALLOWED_HOSTS.")
        return text % {"url": url}
    if answer.is_redirect:
        host = urlsplit(answer.headers["Location"]).netloc[:80] or "/"
        return _("%(url)s redirects to %(host)s.") % {"url": url, "host": host}
    if answer.status_code >= 500:
        text = _("%(url)s returns error %(n)d, like a proxy that cannot reach Clipdesk.")
        return text % {"url": url, "n": answer.status_code}
    return ""


def _unreached(text: str) -> Finding:
    if is_tunnel(settings.BASE_URL):
        return fault(ADDRESS, text, _tunnel_step())
    if urlsplit(settings.BASE_URL).hostname in LOOPBACK:
        return warning(ADDRESS, text, _("Start Clipdesk (make up), or set BASE_URL to the address it listens on."))
    step = _(
        "Open %(url)s/healthz from another network. If it opens there, your network just can’t route back to itself;"
        " if not, correct DNS, the certificate, the proxy or BASE_URL."
    )
    return fault(ADDRESS, text, step % {"url": settings.BASE_URL})


def _somebody_else() -> Finding:
    text = _("Another server answers at %(url)s, or one with a different SECRET_KEY.") % {"url": settings.BASE_URL}
    if is_tunnel(settings.BASE_URL):
        return fault(ADDRESS, text, _tunnel_step())
    step = _("Set BASE_URL to this installation’s own address, or point that address here, and restart.")
    return fault(ADDRESS, text, step)


def _tunnel_step() -> str:
    return _(
        "The tunnel’s address has changed or the tunnel is down. Start it, set BASE_URL to its current address,"
        " restart Clipdesk, and register the new redirect URI and webhook address at TikTok. A fixed address avoids"
        " this."
    )


def _proxies(answer: dict[str, Any]) -> Finding:
    """Check how the request arrived: by https, and through as many proxies as are trusted."""
    hops, trusted = answer.get("proxies"), settings.TRUSTED_PROXY_COUNT
    if settings.SECURE_SSL_REDIRECT and not answer.get("is_secure"):
        text = _("The proxy does not tell Clipdesk that people use https, so pages redirect in a loop.")
        return fault(PROXIES, text, _("Make the proxy send X-Forwarded-Proto: https."))
    if hops == trusted:
        return good(PROXIES, _("The number of proxies matches TRUSTED_PROXY_COUNT: %(n)d.") % {"n": trusted})
    text = _("Requests come through %(hops)s proxies, but TRUSTED_PROXY_COUNT is %(trusted)d.")
    step = _("Set TRUSTED_PROXY_COUNT=%(hops)s and restart: sign-in limits count attempts by address.")
    return warning(PROXIES, text % {"hops": hops, "trusted": trusted}, step % {"hops": hops})
