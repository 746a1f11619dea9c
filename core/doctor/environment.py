"""Checks of environment variables: misspelled, in quotes or blanks, contradictory addresses; and of time zone data."""

import os
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host
from django.utils.translation import gettext as _

from core.doctor.finding import Finding, fault, good, warning
from core.doctor.run import CheckContext

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
QUOTES: Final = ('"', "'")
NAMES: Final = "variable-names"
VALUES: Final = "variable-values"
# How similar two names are that count as a misspelling; TIKTOK_… can only be meant for us.
ALIKE: Final = 0.88
ALIKE_OF_OURS: Final = 0.75


def names(_context: CheckContext) -> Iterable[Finding]:
    """Find names close to ours that are set while ours is not."""
    said = [_misnamed(wrong, right) for wrong, right in sorted(misnamed(os.environ).items())]
    return said or [good(NAMES, _("No variable name is misspelled."))]


def misnamed(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the right name for each wrong one (for TIKTOK_… without a similar one: "")."""
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
        return warning(NAMES, text % {"wrong": wrong}, _("Look up the name in .env.example, or remove the variable."))
    text = _("%(wrong)s is set but %(right)s is not: Clipdesk reads only %(right)s.") % {"wrong": wrong, "right": right}
    step = _("Rename %(wrong)s to %(right)s in the environment (.env) and restart.") % {"wrong": wrong, "right": right}
    is_needed = right in settings.ENVIRONMENT_MISTAKES.values()
    return fault(NAMES, text, step) if is_needed else warning(NAMES, text, step)


def values(_context: CheckContext) -> Iterable[Finding]:
    """Find quotation marks and blanks around values. Names the variable, never its value."""
    found = list(_wrapped(os.environ))
    return found or [good(VALUES, _("No value is wrapped in quotation marks or blanks."))]


def _wrapped(environment: Mapping[str, str]) -> Iterator[Finding]:
    for name in sorted(settings.ENVIRONMENT_NAMES & environment.keys()):
        value = environment[name]
        if not (inner := value.strip()):
            continue
        if inner.startswith(QUOTES) or inner.endswith(QUOTES):
            text = _("%(name)s has quotation marks around its value, which become part of the value.") % {"name": name}
            step = _("Remove the quotation marks from %(name)s and restart.") % {"name": name}
            yield fault(VALUES, text, step)
        elif inner != value:
            text = _("%(name)s has spaces or a line break around its value. Clipdesk ignores them.")
            step = _("Remove them, so that other programs read the same value: %(name)s.") % {"name": name}
            yield warning(VALUES, text % {"name": name}, step)


def hosts(_context: CheckContext) -> Iterable[Finding]:
    """Check that our own address is one that we serve, by https if others reach it."""
    base = urlsplit(settings.BASE_URL)
    host = base.hostname or ""
    yield _https(base.scheme, host)
    yield _host_is_served(host)
    yield _origin_is_trusted()
    if settings.DEBUG and host not in LOOPBACK:
        text = _("DEBUG is on while others can reach Clipdesk: error pages show internal data.")
        yield fault("debug", text, _("Set DEBUG=false and restart."))


def zone_data(_context: CheckContext) -> Iterable[Finding]:
    """Report which copy of the time zone rules is used: the newer one."""
    data = settings.ZONE_DATA
    words = {"version": data.version, "package": data.package, "system": data.system}
    if not data.system:
        text = _(
            "Time zones come from the tzdata package (%(package)s); the operating system does not state a version."
        )
    elif data.is_package:
        text = _("Time zones come from the tzdata package (%(package)s); the operating system has %(system)s.")
    else:
        text = _("Time zones come from the operating system (%(system)s); the tzdata package has %(package)s.")
    yield good("zone-data", text % words)


def operator(_context: CheckContext) -> Iterable[Finding]:
    """Check that the privacy and terms pages name the operator, where other people can read them."""
    if urlsplit(settings.BASE_URL).hostname in LOOPBACK:
        return
    missing = [name for name in ("OPERATOR_NAME", "OPERATOR_EMAIL") if not getattr(settings, name)]
    if not missing:
        yield good("operator", _("The privacy and terms pages name the operator."))
        return
    text = _("The privacy and terms pages do not say who operates this installation.")
    step = _("Set %(names)s in the environment (.env) and restart.") % {"names": ", ".join(missing)}
    yield warning("operator", text, step)


def _https(scheme: str, host: str) -> Finding:
    if scheme == "https":
        return good("https", _("BASE_URL uses https."))
    if host in LOOPBACK:
        return good("https", _("BASE_URL is this machine: http is allowed, with a TikTok app of type Desktop."))
    text = _("BASE_URL uses http instead of https: browsers and TikTok will refuse to return to it.")
    return fault("https", text, _("Set BASE_URL to the https address of your proxy and restart."))


def _host_is_served(host: str) -> Finding:
    if validate_host(host, settings.ALLOWED_HOSTS):
        return good("allowed-hosts", _("ALLOWED_HOSTS includes the host of BASE_URL."))
    text = _("ALLOWED_HOSTS lacks %(host)s, the host of BASE_URL: every page returns error 400.") % {"host": host}
    return fault("allowed-hosts", text, _("Add %(host)s to ALLOWED_HOSTS, or leave it empty.") % {"host": host})


def _origin_is_trusted() -> Finding:
    base = urlsplit(settings.BASE_URL)
    origin = f"{base.scheme}://{base.netloc}"
    wildcard = f"{base.scheme}://*.{(base.netloc).partition('.')[2]}"
    if {origin, wildcard} & {entry.rstrip("/") for entry in settings.CSRF_TRUSTED_ORIGINS}:
        return good("csrf-origins", _("CSRF_TRUSTED_ORIGINS includes BASE_URL."))
    text = _("CSRF_TRUSTED_ORIGINS lacks %(origin)s: behind a proxy every form is refused.") % {"origin": origin}
    return warning("csrf-origins", text, _("Add it, or leave CSRF_TRUSTED_ORIGINS empty."))
