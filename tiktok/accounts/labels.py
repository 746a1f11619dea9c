"""Labels by which a team groups its accounts. Pure."""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.names import is_visible

MOST_LABELS: Final = 10
LONGEST_LABEL: Final = 30
SEPARATOR: Final = ","  # in the page's text field, so labels contain none


def clean_labels(texts: Iterable[str]) -> list[str]:
    """Trim labels, drop empty ones and duplicates (ignoring case, the first spelling stays), and keep their order.

    Raises ValidationError.
    """
    found: dict[str, str] = {}
    for text in texts:
        if label := " ".join(unicodedata.normalize("NFC", text).split()):
            _check(label)
            found.setdefault(key_of(label), label)
    if len(found) > MOST_LABELS:
        raise ValidationError(_("An account can have at most %(most)d labels.") % {"most": MOST_LABELS}, code="many")
    return list(found.values())


def _check(label: str) -> None:
    if len(label) > LONGEST_LABEL:
        said = _("“%(label)s…” is too long. A label can have at most %(most)d characters.")
        raise ValidationError(said % {"label": label[:LONGEST_LABEL], "most": LONGEST_LABEL}, code="long")
    if SEPARATOR in label or not is_visible(label):
        raise ValidationError(_("A label needs visible characters and can’t contain commas."), code="characters")


def key_of(label: str) -> str:
    """Return the key by which two labels are equal."""
    return label.casefold()


def has_label(labels: Iterable[str], wanted: str) -> bool:
    """Return whether one of the labels equals ``wanted``."""
    return key_of(wanted) in map(key_of, labels)


def count_labels(lists: Iterable[Iterable[str]]) -> list[tuple[str, int]]:
    """Count the accounts per label, in alphabetical order; the first spelling represents all."""
    counts, spelling = Counter[str](), dict[str, str]()
    for labels in lists:
        for label in labels:
            counts[key_of(label)] += 1
            spelling.setdefault(key_of(label), label)
    return [(spelling[key], counts[key]) for key in sorted(counts)]
