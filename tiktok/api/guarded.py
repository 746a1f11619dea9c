"""The guarded client, for addresses that an answer or a person supplies.

It must not be led into our own network, so it resolves the name once, refuses unless every address is public, and
connects to the very address it checked, while host header, SNI and certificate are those of the name. It follows no
redirect and caps the bytes and the time of the whole exchange.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

import certifi

from . import addresses
from .addresses import Address
from .transport import USER_AGENT

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_PUBLIC_V6 = ipaddress.ip_network("2000::/3")
_RELAYS_V4 = ipaddress.ip_network("192.88.99.0/24")


class Trouble(StrEnum):
    """Why nothing usable came, for callers that explain it."""

    MALFORMED = "malformed"
    NOT_HTTPS = "not_https"
    UNRESOLVED = "unresolved"
    NOT_PUBLIC = "not_public"
    NO_CONNECTION = "no_connection"
    NO_TLS = "no_tls"
    SLOW = "slow"
    BROKEN_OFF = "broken_off"
    STATUS = "status"
    ENCODING = "encoding"
    TOO_LARGE = "too_large"


class NothingFetched(Exception):
    """``status`` is the HTTP status if that is the trouble, otherwise 0."""

    def __init__(self, text: str, trouble: Trouble, *, status: int = 0) -> None:
        super().__init__(text)
        self.trouble = trouble
        self.status = status


class AddressRefused(NothingFetched):
    """The address is not allowed; the text says why and does not quote it."""


class FetchFailed(NothingFetched):
    """The address is allowed, but nothing usable came from it."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """``content_type`` is the bare media type in lower case, "" if none was given."""

    content: bytes
    content_type: str


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def _connect(ip: str, port: int, timeout_s: float) -> socket.socket:
    return socket.create_connection((ip, port), timeout_s)


@dataclass(frozen=True)
class Network:
    """Access to name servers and hosts, replaceable in tests."""

    resolve: Callable[[str, int], list[str]] = _resolve
    connect: Callable[[str, int, float], socket.socket] = _connect
    tls: ssl.SSLContext = field(default_factory=lambda: ssl.create_default_context(cafile=certifi.where()))


SYSTEM = Network()


def fetch(
    url: str,
    *,
    max_bytes: int,
    timeout_s: float,
    loopback: tuple[str, int] | None = None,
    network: Network = SYSTEM,
) -> Fetched:
    """GET ``url`` by https on port 443, at most ``max_bytes`` in ``timeout_s`` seconds; only 200 counts.

    ``loopback``: the one (host, port) on this machine that may be called as well, also by plain http. Raises
    AddressRefused, FetchFailed.
    """
    deadline = time.monotonic() + timeout_s
    address = _allowed(url, loopback)
    is_own = _is_own(address, loopback)
    ips = _lookup(address, is_own=is_own, network=network)
    with _connected(address, ips, deadline, network) as connection:
        try:
            fetched = _get(connection, address.target, max_bytes)
        except (OSError, http.client.HTTPException) as error:
            is_slow = time.monotonic() >= deadline
            trouble = Trouble.SLOW if is_slow else Trouble.BROKEN_OFF
            raise FetchFailed(f"broken off: {type(error).__name__}", trouble) from error
    if time.monotonic() >= deadline:  # cut off: an answer without a length would look complete
        raise FetchFailed("too slow", Trouble.SLOW)
    return fetched


def is_public(ip: IPAddress) -> bool:
    """Return whether the address is on the open internet and does not embed another (mapped, 6to4, NAT64)."""
    if ip.is_multicast or ip.is_reserved or not ip.is_global:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return ip not in _RELAYS_V4
    return ip in _PUBLIC_V6 and ip.sixtofour is None and ip.teredo is None


def _allowed(url: str, loopback: tuple[str, int] | None) -> Address:
    address = addresses.parse(url)
    if address is None:
        raise AddressRefused("not a plain web address", Trouble.MALFORMED)
    if not _is_own(address, loopback) and (address.scheme, address.port) != ("https", 443):
        raise AddressRefused("not https on port 443", Trouble.NOT_HTTPS)
    return address


def _is_own(address: Address, loopback: tuple[str, int] | None) -> bool:
    return loopback is not None and (address.host, address.port) == (loopback[0].lower(), loopback[1])


def _lookup(address: Address, *, is_own: bool, network: Network) -> list[str]:
    """Return all addresses of the host; refuse all of them if one is not allowed."""
    try:
        found = [ipaddress.ip_address(ip) for ip in network.resolve(address.host, address.port)]
    except (OSError, ValueError) as error:  # ValueError: a label too long, an address with a zone
        raise FetchFailed("the name cannot be resolved", Trouble.UNRESOLVED) from error
    if not found:
        raise FetchFailed("the name has no address", Trouble.UNRESOLVED)
    if not all(ip.is_loopback if is_own else is_public(ip) for ip in found):
        raise AddressRefused("not a public address", Trouble.NOT_PUBLIC)
    return [str(ip) for ip in found]


@contextmanager
def _connected(
    address: Address, ips: list[str], deadline: float, network: Network
) -> Iterator[http.client.HTTPConnection]:
    """Return a connection to one of ``ips`` that is closed at ``deadline``, no matter what it is doing."""
    raw = _first_connected(address.port, ips, deadline, network)
    handle = raw.dup()  # stays valid while TLS takes the socket over
    watch = threading.Timer(max(0.0, deadline - time.monotonic()), _hang_up, (handle,))
    watch.daemon = True
    watch.start()
    connection = http.client.HTTPConnection(_host_header(address))
    try:
        connection.sock = _secured(raw, address, network)
        yield connection
    finally:
        watch.cancel()
        connection.close()
        raw.close()
        handle.close()


def _first_connected(port: int, ips: list[str], deadline: float, network: Network) -> socket.socket:
    for ip in ips:
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            break
        try:
            return network.connect(ip, port, left_s)
        except OSError:
            continue
    raise FetchFailed("no connection", Trouble.NO_CONNECTION)


def _secured(raw: socket.socket, address: Address, network: Network) -> socket.socket:
    if address.scheme == "http":
        return raw
    try:
        return network.tls.wrap_socket(raw, server_hostname=address.host)
    except OSError as error:
        raise FetchFailed(f"no TLS: {type(error).__name__}", Trouble.NO_TLS) from error


def _hang_up(handle: socket.socket) -> None:
    try:
        handle.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # already over


def _host_header(address: Address) -> str:
    host = f"[{address.host}]" if ":" in address.host else address.host
    return host if address.port == 443 else f"{host}:{address.port}"


def _get(connection: http.client.HTTPConnection, target: str, max_bytes: int) -> Fetched:
    path = target if target.startswith("/") else f"/{target}"
    headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", "Connection": "close"}
    connection.request("GET", path, headers=headers)
    with connection.getresponse() as response:
        if response.status != 200:
            raise FetchFailed(f"answered {response.status}", Trouble.STATUS, status=response.status)
        if response.getheader("Content-Encoding", "identity") != "identity":
            raise FetchFailed("answered in an encoding that was not asked for", Trouble.ENCODING)
        return _read(response, max_bytes)


def _read(response: http.client.HTTPResponse, max_bytes: int) -> Fetched:
    content = response.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise FetchFailed("too large", Trouble.TOO_LARGE)
    if response.length:
        raise FetchFailed("broken off before its end", Trouble.BROKEN_OFF)
    return Fetched(content, response.headers.get_content_type() if "Content-Type" in response.headers else "")
