"""What instances add to the rail."""

from django.utils.translation import gettext_lazy as _

from instances.rail import Entry, Part, register_entries


def register() -> None:
    """The settings of an instance."""
    register_entries(
        Entry("settings/general/", _("General"), "adjustments", Part.SETTINGS, order=10),
        Entry("settings/members/", _("Members"), "users-group", Part.SETTINGS, order=30),
        Entry("settings/notifications/", _("Notifications"), "bell", Part.SETTINGS, order=40),
        Entry("settings/advanced/", _("Advanced"), "key", Part.SETTINGS, order=50),
    )
