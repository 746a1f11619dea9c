"""One run over every registered check."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Final

from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from core.doctor.finding import Finding, unknown


@dataclass(frozen=True, slots=True)
class CheckContext:
    """The limits of a run; ``is_online``: TikTok, the email server and our own address may be called."""

    is_online: bool
    database_answers: bool


Check = Callable[[CheckContext], Iterable[Finding]]
_checks: Final[list[Check]] = []


def register(*checks: Check) -> None:
    """Add checks after those that are registered already. Call it in ``AppConfig.ready()``."""
    _checks.extend(checks)


def examine(*, online: bool) -> list[Finding]:
    """Return every finding, in the order of registration. Writes nothing; harmless at any time."""
    context = CheckContext(is_online=online, database_answers=database_answers())
    return [finding for check in _checks for finding in check(context)]


def database_answers() -> bool:
    """Return whether a statement succeeds."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def needs_database(name: str) -> Callable[[Check], Check]:
    """Decorate a check that needs a database which answers and has its tables."""

    def decorate(check: Check) -> Check:
        @wraps(check)
        def guarded(context: CheckContext) -> Iterable[Finding]:
            if not context.database_answers:
                return [_without_database(name)]
            try:
                return list(check(context))
            except DatabaseError:
                return [_without_database(name)]

        return guarded

    return decorate


def _without_database(name: str) -> Finding:
    text = _("Not checked, since the database does not answer or lacks tables.")
    return unknown(name, text, _("First fix what “database” and “migrations” report."))


def not_asked(name: str, whom: str) -> Finding:
    """Return a finding for a check that needs an outside answer while the context allows none."""
    text = _("Not checked: %(whom)s.") % {"whom": whom}
    return unknown(name, text, _("Run the online checks as well."))
