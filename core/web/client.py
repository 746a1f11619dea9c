"""The client behind a request: its address as the trusted proxies report it, and its user agent."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, Final

from django.conf import settings

LONGEST_AGENT: Final = 200


def client_address(meta: Mapping[str, Any]) -> str:
    """Return the client's IP address from a WSGI environment or ``request.META``; empty if none is known.

    The last TRUSTED_PROXY_COUNT entries of X-Forwarded-For were written by our own proxies; entries before them were
    sent by the client and are never trusted.
    """
    hops = [hop.strip() for hop in str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",") if hop.strip()]
    trusted = min(settings.TRUSTED_PROXY_COUNT, len(hops))
    return _clean(hops[-trusted]) if trusted else _clean(str(meta.get("REMOTE_ADDR", "")))


def user_agent(meta: Mapping[str, Any]) -> str:
    """Return the client's user agent, on one line of printable characters, shortened for logs."""
    agent = str(meta.get("HTTP_USER_AGENT", ""))
    return "".join(letter for letter in agent if letter.isprintable())[:LONGEST_AGENT]


def _clean(address: str) -> str:
    """Normalise an address: an IPv4 address inside an IPv6 one is the same client; drop a port or a zone."""
    bare = address.removeprefix("[").partition("]")[0].partition("%")[0]
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        parsed = ip_address(bare)
    except ValueError:
        return ""
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
