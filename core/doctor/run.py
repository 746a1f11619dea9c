"""One run over every registered check."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Final

from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from core.doctor.finding import Finding, unknown


@dataclass(frozen=True, slots=True)
class Visit:
    """``is_online``: TikTok, the mail server and our own address may be asked."""

    is_online: bool
    database_answers: bool


Check = Callable[[Visit], Iterable[Finding]]
_checks: Final[list[Check]] = []


def register(*checks: Check) -> None:
    """Have these looked at, after those that are registered already. Call it in ``AppConfig.ready()``."""
    _checks.extend(checks)


def examine(*, online: bool) -> list[Finding]:
    """Every finding, in the order of registration. Writes nothing; harmless at any time."""
    visit = Visit(is_online=online, database_answers=database_answers())
    return [finding for check in _checks for finding in check(visit)]


def database_answers() -> bool:
    """Whether a statement comes through."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def needs_database(name: str) -> Callable[[Check], Check]:
    """For a check that can tell nothing while the database does not answer or lacks tables."""

    def decorate(check: Check) -> Check:
        @wraps(check)
        def guarded(visit: Visit) -> Iterable[Finding]:
            if not visit.database_answers:
                return [_without_database(name)]
            try:
                return list(check(visit))
            except DatabaseError:
                return [_without_database(name)]

        return guarded

    return decorate


def _without_database(name: str) -> Finding:
    text = _("Not looked at, since the database does not answer or lacks tables.")
    return unknown(name, text, _("First mend what “database” and “migrations” say."))


def not_asked(name: str, whom: str) -> Finding:
    """For a check that has to ask somebody outside, in a visit that may not."""
    text = _("Not asked: %(whom)s.") % {"whom": whom}
    return unknown(name, text, _("Run the checks that ask others too."))
