"""URL properties: the prefixes and domains from which TikTok pulls media for an app."""

import ipaddress
import secrets
import string
from urllib.parse import SplitResult, urlsplit

from tiktok.simulator.entities import LOOPBACK_HOSTS, App, UrlProperty
from tiktok.simulator.messages import Refusal
from tiktok.simulator.outgoing import FAULTS, answer_to
from tiktok.simulator.world import World

SIGNATURE_CHARACTERS = string.ascii_letters + string.digits
TIMEOUT_S = 10
MOST_FILE_BYTES = 1000


def make_property(app: App, kind: str, value: str, *, loopback: bool) -> UrlProperty:
    """Return a new property that is not verified. Raises Refusal for one that TikTok would not take."""
    fault = prefix_fault(value, loopback=loopback) if kind == "prefix" else domain_fault(value)
    if fault:
        raise Refusal(400, "invalid_url_property", f"{value}: {fault}")
    return UrlProperty(app.client_key, kind, value, "".join(secrets.choice(SIGNATURE_CHARACTERS) for _ in range(32)))


def prefix_fault(value: str, *, loopback: bool) -> str:
    """Return why TikTok would not take this prefix; empty when it would."""
    parts = split(value)
    if parts is None or "?" in value or "#" in value or not value.endswith("/"):
        return "a prefix is a scheme, a host and a path that ends with a slash"
    if loopback and parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS:
        return ""
    return "a prefix is https, and its host is not an IP address" if parts.scheme != "https" or is_ip(parts) else ""


def domain_fault(value: str) -> str:
    parts = split(f"https://{value}/")
    is_plain = parts is not None and parts.netloc == value == value.lower() and parts.path == "/" and "." in value
    return "" if parts and is_plain and not is_ip(parts) else "a domain is a host name in lower case"


def split(url: str) -> SplitResult | None:
    """Return the parts of an absolute URL, or None for anything else."""
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:
        return None
    is_printable = url.isascii() and url.isprintable() and " " not in url
    return parts if parts.hostname and parts.scheme in ("http", "https") and is_printable else None


def is_ip(parts: SplitResult) -> bool:
    try:
        ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        return False
    return True


def check_file(url_property: UrlProperty) -> str:
    """Fetch the verification file at the prefix; return what is wrong with it, or nothing."""
    url = url_property.value + url_property.file_name
    try:
        with answer_to("GET", url, timeout_s=TIMEOUT_S) as answer:
            status, content = answer.status, answer.read(MOST_FILE_BYTES)
    except FAULTS as error:
        return f"{url} cannot be reached: {error}"
    if status != 200:
        return f"{url} answers {status}"
    is_right = content.decode("utf-8", "replace").strip() == url_property.file_content
    return "" if is_right else f"{url} has other content than {url_property.file_content!r}"


def check_urls(world: World, app: App, urls: list[str]) -> None:
    """Refuse URLs that are malformed, not https, or not on a verified property of the app."""
    verified = [p for p in world.url_properties.all() if p.client_key == app.client_key and p.verified_at is not None]
    for url in urls:
        parts = split(url)
        if parts is None or parts.fragment:
            raise Refusal(400, "invalid_params", "The URL is malformed")
        is_loopback = world.loopback and parts.hostname in LOOPBACK_HOSTS
        is_secure = parts.scheme == "https" or is_loopback
        if not is_secure or not any(url_property.covers(url) for url_property in verified):
            raise Refusal(403, "url_ownership_unverified", "The ownership of the URL is not verified")
