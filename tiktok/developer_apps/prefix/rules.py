"""TikTok's rules for a URL prefix and its verification file (docs/tiktok.md, section 7). Pure."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.doctor.environment import LOOPBACK
from tiktok.developer_apps.prefix.problems import PrefixProblem

# TikTok's tokens have 32 letters and digits (observed); nothing else may become an address here.
TOKEN: Final = r"(?P<token>[A-Za-z0-9]{16,64})"  # noqa: S105 - a pattern
FILE_NAME: Final = re.compile(rf"tiktok{TOKEN}\.txt")
CONTENT: Final = re.compile(rf"tiktok-developers-site-verification={TOKEN}")
HTTPS_PORT: Final = 443


@dataclass(frozen=True, slots=True)
class VerificationFile:
    """The signature file as TikTok's portal offers it."""

    name: str
    content: str


def verification_file(content: str, *, name: str | None = None) -> VerificationFile:
    """Return the file with this content; its name follows from the content and is compared with ``name``.

    Raises ValidationError for anything that TikTok does not offer.
    """
    found = CONTENT.fullmatch(content.strip())
    if found is None:
        raise ValidationError(
            _("TikTok’s file has one line: “tiktok-developers-site-verification=” and a code."), code="content"
        )
    if name is not None and FILE_NAME.fullmatch(name) is None:
        raise ValidationError(
            _("Keep the file’s name as TikTok gives it: “tiktok”, a code, and “.txt”."), code="file_name"
        )
    expected = f"tiktok{found['token']}.txt"
    if name not in (None, expected):
        raise ValidationError(_("The code in the file’s name differs from the one in its content."), code="mismatch")
    return VerificationFile(expected, found[0])


def obstacle(prefix: str) -> PrefixProblem | None:
    """Return why TikTok never takes a prefix like this, wherever it leads; None if it may."""
    parts = urlsplit(prefix)
    host = parts.hostname or ""
    if host in LOOPBACK:
        return PrefixProblem.OWN_MACHINE
    if _is_ip(host):
        return PrefixProblem.IP_ADDRESS
    if "." not in host:
        return PrefixProblem.OWN_MACHINE
    if parts.scheme != "https":
        return PrefixProblem.NOT_HTTPS
    return None if parts.port in (None, HTTPS_PORT) else PrefixProblem.OTHER_PORT


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
