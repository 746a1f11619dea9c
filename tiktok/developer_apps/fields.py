"""Form fields to choose a TikTok app."""

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from instances.models import Instance
from tiktok.developer_apps.choice import apps_for, label_apps
from tiktok.models import TikTokApp


class AppField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A choice of apps with distinct labels; the first is selected by default."""

    def __init__(self) -> None:
        super().__init__(TikTokApp.objects.none(), label=_("TikTok app"), required=False, empty_label=None)

    def offer(self, instance: Instance, apps: Sequence[TikTokApp] = ()) -> Sequence[TikTokApp]:
        """Set and return the instance's apps; ``apps`` if they have been read already."""
        self.queryset = apps_for(instance)
        found = apps or list(self.queryset)
        labels = label_apps(found)
        self.choices = [(app.pk, labels[app.pk]) for app in found]
        return found
