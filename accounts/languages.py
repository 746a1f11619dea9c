"""The language that a person reads: their own choice, else the browser's, else the installation's."""

from contextlib import AbstractContextManager

from django.conf import settings
from django.utils import translation

from accounts.models import User


def in_language_of(person: User | None) -> AbstractContextManager[None]:
    """Translate an email into its reader's language; without a choice of theirs into that of the request, if any."""
    chosen = person.language if person else ""
    known = chosen if chosen and translation.check_for_language(chosen) else translation.get_language()
    return translation.override(known or settings.LANGUAGE_CODE)
