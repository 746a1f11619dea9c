"""The doctor's check of the key ring."""

from collections.abc import Iterable, Iterator, Mapping

from django.utils.translation import gettext as _

from core.doctor.finding import Finding, fault, good
from core.doctor.run import CheckContext, needs_database
from tiktok.keys.columns import missing_keys, stored_key_ids, wrong_keys


@needs_database("encryption-keys")
def stored_keys(_context: CheckContext) -> Iterable[Finding]:
    """Check that all stored secrets can be read with the present keys."""
    stored = stored_key_ids()
    found = [*_missing(stored), *_wrong(stored)]
    return found or [good("encryption-keys", _("Every stored secret has its key in FIELD_ENCRYPTION_KEYS."))]


def _missing(stored: Mapping[str, Mapping[str, int]]) -> Iterator[Finding]:
    step = _("Add the key again after the newest one and restart every process. If it is lost, see the runbook.")
    text = _("FIELD_ENCRYPTION_KEYS lacks key %(key)s, which encrypts %(n)d stored secrets.")
    for key_id, columns in sorted(missing_keys(stored).items()):
        yield fault("encryption-keys", text % {"key": key_id[:20] or "–", "n": sum(columns.values())}, step)


def _wrong(stored: Mapping[str, Mapping[str, int]]) -> Iterator[Finding]:
    """Report an id with another key, as after a new line was made for an old deployment."""
    text = _("Key %(key)s of FIELD_ENCRYPTION_KEYS is not the key that encrypted the secrets stored under this id.")
    step = _(
        "Put the former key back under its id, with the new one under another id in front, and restart every process."
        " If it is lost, see the runbook."
    )
    for key_id in wrong_keys(stored):
        yield fault("encryption-keys", text % {"key": key_id[:20]}, step)
