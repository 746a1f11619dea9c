"""Strict parsing of web addresses: anything unusual is refused.

Two parsers that read one address differently are how a check passes for one host and a call goes to another, hence one
narrow pattern and no repairs: no user, no backslash, no blank, nothing but ASCII.
"""

import ipaddress
import re
from typing import NamedTuple

_PLAIN = re.compile(
    r"(?P<scheme>https?)://"
    r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?))"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>(?:[/?][!-\[\]-~]*)?)"
)
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Address(NamedTuple):
    """``host`` is lower-case and without brackets; ``target`` is path and query."""

    scheme: str
    host: str
    port: int
    target: str


def parse(address: str) -> Address | None:
    """Return the parts of a plain http(s) address without its fragment, or None."""
    match = _PLAIN.fullmatch(address.partition("#")[0])
    if match is None:
        return None
    port = int(match["port"] or _DEFAULT_PORTS[match["scheme"]])
    if not 0 < port < 65536:
        return None
    return Address(match["scheme"], (match["v6"] or match["name"]).lower(), port, match["target"])


def is_loopback_host(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
