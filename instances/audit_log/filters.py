"""Filters of the audit log, as given in the page's address."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import AuditLogEntry
from instances.access import Access
from instances.audit_log.words import actions_of, kinds
from instances.services.members import TENANT_ROLE_OF

Entries = QuerySet[AuditLogEntry]
# At the ends of the calendar some local times do not exist in UTC.
DAYS = [MinValueValidator(date(1970, 1, 1)), MaxValueValidator(date(2999, 12, 31))]
DAY_WIDGET = forms.DateInput({"type": "date"}, format="%Y-%m-%d")


def entries_for(access: Access) -> Entries:
    """Return the lines of the instance, newest first, with those of its tenant for owners and admins of the tenant."""
    here = Q(instance_id=access.instance.pk)
    if access.role in TENANT_ROLE_OF:
        here |= Q(instance_id=None)
    found = AuditLogEntry.objects.filter(here, tenant_id=access.instance.tenant_id)
    return found.select_related("actor").order_by("-at", "-pk")


class AuditFilter(forms.Form):
    """Person, kind and days; an empty field filters nothing, an invalid one neither."""

    person = forms.ChoiceField(label=_("Person"), required=False)
    kind = forms.ChoiceField(label=_("Type"), required=False)
    since = forms.DateField(label=_("From"), required=False, widget=DAY_WIDGET, validators=DAYS)
    until = forms.DateField(label=_("To"), required=False, widget=DAY_WIDGET, validators=DAYS)

    def __init__(self, *args: Any, entries: Entries, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._entries = entries
        people = entries.order_by("actor_label").values_list("actor_label", flat=True).distinct()
        person: Any = self.fields["person"]
        person.choices = [("", _("Everyone")), *((label, label) for label in people)]
        kind: Any = self.fields["kind"]
        kind.choices = [("", _("All types")), *kinds()]

    def found(self) -> Entries:
        """Return the lines that match what is valid of the filter."""
        self.is_valid()
        data, found = self.cleaned_data, self._entries
        if person := data.get("person"):
            found = found.filter(actor_label=person)
        if kind := data.get("kind"):
            found = found.filter(action__in=actions_of(kind))
        if since := data.get("since"):
            found = found.filter(at__gte=_start_of(since))
        if until := data.get("until"):
            found = found.filter(at__lt=_start_of(until, days=1))
        return found


def _start_of(day: date, *, days: int = 0) -> datetime:
    """Return the start of the day, or of one so many days later, in the active time zone."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=days), time.min))
