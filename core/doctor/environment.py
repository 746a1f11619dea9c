"""Variables of the environment: misnamed, wrapped in quotes or blanks; addresses that must agree; time zone data."""

import os
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host
from django.utils.translation import gettext as _

from core.doctor.finding import Finding, fault, good, warning
from core.doctor.run import Visit

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
QUOTES: Final = ('"', "'")
NAMES: Final = "variable-names"
VALUES: Final = "variable-values"
# How alike two names are that are taken for one misspelt; TIKTOK_… can only be meant for us.
ALIKE: Final = 0.88
ALIKE_OF_OURS: Final = 0.75


def names(_visit: Visit) -> Iterable[Finding]:
    """Names near ours that are set while ours is not."""
    said = [_misnamed(wrong, right) for wrong, right in sorted(misnamed(os.environ).items())]
    return said or [good(NAMES, _("No variable is misnamed."))]


def misnamed(environment: Mapping[str, str]) -> dict[str, str]:
    """Wrong name to the right one (for TIKTOK_… that resembles none: "")."""
    known: set[str] = settings.ENVIRONMENT_NAMES
    is_set = {name for name in known if environment.get(name, "").strip()}
    found = {}
    for name in environment.keys() - known:
        right = settings.ENVIRONMENT_MISTAKES.get(name.upper()) or _nearest(name.upper(), known)
        if right is not None and right not in is_set:
            found[name] = right
    return found


def _nearest(name: str, known: set[str]) -> str | None:
    is_ours = name.startswith("TIKTOK_")
    near = get_close_matches(name, known, n=1, cutoff=ALIKE_OF_OURS if is_ours else ALIKE)
    return near[0] if near else "" if is_ours else None


def _misnamed(wrong: str, right: str) -> Finding:
    if not right:
        text = _("%(wrong)s is set, but Clipdesk reads no variable of this name.")
        return warning(NAMES, text % {"wrong": wrong}, _("Look up the name in .env.example, or take the variable out."))
    text = _("%(wrong)s is set and %(right)s is not: Clipdesk reads only %(right)s.") % {"wrong": wrong, "right": right}
    step = _("Rename %(wrong)s to %(right)s in the environment (.env) and restart.") % {"wrong": wrong, "right": right}
    is_needed = right in settings.ENVIRONMENT_MISTAKES.values()
    return fault(NAMES, text, step) if is_needed else warning(NAMES, text, step)


def values(_visit: Visit) -> Iterable[Finding]:
    """Quotation marks and blanks that came along with a value. Names the variable, never its value."""
    found = list(_wrapped(os.environ))
    return found or [good(VALUES, _("No value is wrapped in quotation marks or blanks."))]


def _wrapped(environment: Mapping[str, str]) -> Iterator[Finding]:
    for name in sorted(settings.ENVIRONMENT_NAMES & environment.keys()):
        value = environment[name]
        if not (inner := value.strip()):
            continue
        if inner.startswith(QUOTES) or inner.endswith(QUOTES):
            text = _("%(name)s has quotation marks around its value; they count as part of it.") % {"name": name}
            step = _("Take the quotation marks out of %(name)s and restart.") % {"name": name}
            yield fault(VALUES, text, step)
        elif inner != value:
            text = _("%(name)s has blanks or a line break around its value. Clipdesk leaves them off.")
            step = _("Take them out, so that other programs read the same: %(name)s.") % {"name": name}
            yield warning(VALUES, text % {"name": name}, step)


def hosts(_visit: Visit) -> Iterable[Finding]:
    """Whether our own address is one that we serve, by https where others reach it."""
    base = urlsplit(settings.BASE_URL)
    host = base.hostname or ""
    yield _https(base.scheme, host)
    yield _host_is_served(host)
    yield _origin_is_trusted()
    if settings.DEBUG and host not in LOOPBACK:
        text = _("DEBUG is on while others can reach Clipdesk: error pages show its insides.")
        yield fault("debug", text, _("Set DEBUG=false and restart."))


def zone_data(_visit: Visit) -> Iterable[Finding]:
    """Which copy of the time zone rules is used: the newer one."""
    data = settings.ZONE_DATA
    words = {"version": data.version, "package": data.package, "system": data.system}
    if not data.system:
        text = _("Time zones are those of the tzdata package (%(package)s); the operating system tells no version.")
    elif data.is_package:
        text = _("Time zones are those of the tzdata package (%(package)s); the operating system has %(system)s.")
    else:
        text = _("Time zones are those of the operating system (%(system)s); the tzdata package has %(package)s.")
    yield good("zone-data", text % words)


def _https(scheme: str, host: str) -> Finding:
    if scheme == "https":
        return good("https", _("BASE_URL uses https."))
    if host in LOOPBACK:
        return good("https", _("BASE_URL is this machine: http is fine here, with a desktop-type app at TikTok."))
    text = _("BASE_URL uses http instead of https: browsers and TikTok refuse what has to come back there.")
    return fault("https", text, _("Set BASE_URL to the https address of your proxy and restart."))


def _host_is_served(host: str) -> Finding:
    if validate_host(host, settings.ALLOWED_HOSTS):
        return good("allowed-hosts", _("ALLOWED_HOSTS has the host of BASE_URL."))
    text = _("ALLOWED_HOSTS lacks %(host)s, the host of BASE_URL: every page answers 400.") % {"host": host}
    return fault("allowed-hosts", text, _("Add %(host)s to ALLOWED_HOSTS, or leave it empty.") % {"host": host})


def _origin_is_trusted() -> Finding:
    base = urlsplit(settings.BASE_URL)
    origin = f"{base.scheme}://{base.netloc}"
    wildcard = f"{base.scheme}://*.{(base.netloc).partition('.')[2]}"
    if {origin, wildcard} & {entry.rstrip("/") for entry in settings.CSRF_TRUSTED_ORIGINS}:
        return good("csrf-origins", _("CSRF_TRUSTED_ORIGINS has BASE_URL."))
    text = _("CSRF_TRUSTED_ORIGINS lacks %(origin)s: behind a proxy every form is refused.") % {"origin": origin}
    return warning("csrf-origins", text, _("Add it, or leave CSRF_TRUSTED_ORIGINS empty."))
