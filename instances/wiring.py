"""Register the entries of instances in the rail and in the audit log."""

from django.utils.translation import gettext_lazy as _

from instances.audit_log import words as audit_words
from instances.audit_log.topics import PEOPLE, SETTINGS, SIGN_IN
from instances.rail import Entry, Part, register_entries


def register() -> None:
    """Add the settings of an instance to the rail, and words to the audit log."""
    audit_words.register(PEOPLE, SETTINGS, SIGN_IN)
    register_entries(
        Entry("settings/general/", _("General"), "adjustments", Part.SETTINGS, order=10),
        Entry("settings/members/", _("Members"), "users-group", Part.SETTINGS, order=30),
        Entry("settings/notifications/", _("Email notifications"), "mail", Part.SETTINGS, order=40),
        Entry("settings/advanced/", _("API keys"), "key", Part.SETTINGS, order=50),
        Entry("settings/audit/", _("Audit log"), "history", Part.SETTINGS, order=60),
    )
