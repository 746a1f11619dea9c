"""Request the verification file at its public address, as TikTok does."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from core.jobs.waiting import release_slot
from tiktok.access.gateway import loopback_exception
from tiktok.api import guarded
from tiktok.api.guarded import SYSTEM, Network, Trouble
from tiktok.developer_apps.prefix.problems import PrefixProblem
from tiktok.developer_apps.prefix.rules import VerificationFile, obstacle
from tiktok.developer_apps.registration import is_own_machine

TIMEOUT_S: Final = 10.0
MAX_BYTES: Final = 1000
PROBLEM_OF: Final[Mapping[Trouble, PrefixProblem]] = {
    Trouble.MALFORMED: PrefixProblem.UNRESOLVED,
    Trouble.NOT_HTTPS: PrefixProblem.NOT_HTTPS,
    Trouble.UNRESOLVED: PrefixProblem.UNRESOLVED,
    Trouble.NOT_PUBLIC: PrefixProblem.NOT_PUBLIC,
    Trouble.NO_CONNECTION: PrefixProblem.NO_CONNECTION,
    Trouble.NO_TLS: PrefixProblem.NO_TLS,
    Trouble.SLOW: PrefixProblem.SLOW,
    Trouble.BROKEN_OFF: PrefixProblem.BROKEN_OFF,
    Trouble.ENCODING: PrefixProblem.CONTENT,
    Trouble.TOO_LARGE: PrefixProblem.CONTENT,
}


def obstacle_of(prefix: str) -> PrefixProblem | None:
    """Return why TikTok never takes this prefix. A simulated TikTok on this machine takes this machine's addresses."""
    return None if _simulated_exception() else obstacle(prefix)


def find_problem(prefix: str, file: VerificationFile, *, network: Network = SYSTEM) -> PrefixProblem | None:
    """Request the file below the prefix and return what is wrong with the answer. Takes at most ten seconds."""
    if fault := obstacle_of(prefix):
        return fault
    try:
        with release_slot():
            fetched = guarded.fetch(
                prefix + file.name,
                max_bytes=MAX_BYTES, timeout_s=TIMEOUT_S, loopback=_simulated_exception(), network=network,
            )  # fmt: skip
    except (guarded.AddressRefused, guarded.FetchFailed) as error:
        return _problem_of_status(error.status) if error.status else PROBLEM_OF[error.trouble]
    if fetched.content_type != "text/plain":
        return PrefixProblem.CONTENT_TYPE
    return None if fetched.content == file.content.encode() else PrefixProblem.CONTENT


def _simulated_exception() -> tuple[str, int] | None:
    """Return our own host and port if both Clipdesk and a simulated TikTok run on this machine."""
    if not (is_own_machine() and loopback_exception()):
        return None
    base = urlsplit(settings.BASE_URL)
    return str(base.hostname), base.port or (443 if base.scheme == "https" else 80)


def _problem_of_status(status: int) -> PrefixProblem:
    if status in range(300, 400):
        return PrefixProblem.REDIRECT
    named: dict[int, PrefixProblem] = {400: PrefixProblem.BAD_REQUEST, 404: PrefixProblem.NOT_FOUND}
    return named.get(status, PrefixProblem.OTHER_STATUS)
