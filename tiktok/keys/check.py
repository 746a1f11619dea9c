"""``check --deploy --database default``: report keys that are missing from the key ring."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.core.checks import CheckMessage, Error

from tiktok.keys.columns import missing_keys, stored_key_ids

MISSING_KEY: Final = "tiktok.E001"


def check_stored_keys(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Return one error per key id that has rows and no key. Counts by SQL; skips tables that do not exist yet.

    For deployments only: `migrate` runs the checks of its database too, and a lost key must not prevent a start.
    """
    return [
        _error(using, key_id, columns)
        for using in databases or ()
        for key_id, columns in sorted(missing_keys(stored_key_ids(using)).items())
    ]


def _error(using: str, key_id: str, columns: Mapping[str, int]) -> CheckMessage:
    named = ", ".join(f"{column}: {rows}" for column, rows in sorted(columns.items()))
    shown = key_id[:20] or "(none)"
    return Error(
        f"Secrets in the database {using!r} that cannot be read, since FIELD_ENCRYPTION_KEYS has no key with the id "
        f"{shown}: {sum(columns.values())} ({named}).",
        hint=f"Put key {shown} back behind the newest one in FIELD_ENCRYPTION_KEYS and restart every process. "
        "If it is lost, see “A lost encryption key” in docs/runbook.md.",
        id=MISSING_KEY,
    )
