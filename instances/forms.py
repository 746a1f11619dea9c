"""Forms of the pages about instances and people, and the fields that sign-up adds to allauth's form."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from allauth.core import context
from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import LONGEST_EMAIL, Tenant, User
from accounts.names import NameField, check_visible
from accounts.passwords import PREDICTABLE, is_predictable
from instances.invited import invitation_in
from instances.models import Instance, NotificationPreference
from instances.models.instance import slug_validator
from instances.queries import last_used_zone, tenants_led_by
from instances.roles import ROLES, KeyScope, Role, up_to

SCOPE_LABELS = {
    KeyScope.ACCOUNTS_READ: _("See accounts"),
    KeyScope.ACCOUNTS_WRITE: _("Connect, rename and disconnect accounts"),
    KeyScope.MEDIA_WRITE: _("Upload media"),
    KeyScope.POSTS_READ: _("See posts"),
    KeyScope.POSTS_WRITE: _("Draft and schedule posts"),
    KeyScope.POSTS_PUBLISH: _("Publish posts"),
}


ZoneGroup = tuple[str, list[tuple[str, str]]]


def zone_choices(in_use: str = "UTC") -> list[tuple[str, str] | ZoneGroup]:
    """Return UTC, then the IANA zones by region; of the legacy aliases only ``in_use``.

    An option begins with its city, so that typing the city's first letters finds it in a select.
    """
    known = settings.ZONE_DATA.names
    zones = {zone for zone in known if "/" in zone and not zone.startswith(("Etc/", "SystemV/"))}
    regions: dict[str, list[tuple[str, str]]] = {}
    for zone in sorted(zones | ({in_use} & known) - {"UTC"}):
        region = zone.partition("/")[0] if "/" in zone else gettext("Other")
        regions.setdefault(region, []).append((zone, _city(zone)))
    groups = [(region, sorted(places, key=lambda place: place[1])) for region, places in regions.items()]
    return [("UTC", "UTC"), *groups]


def _city(zone: str) -> str:
    """Return "Berlin" of "Europe/Berlin" and "Salta (Argentina)" of "America/Argentina/Salta"."""
    *regions, city = zone.replace("_", " ").split("/")
    return f"{city} ({regions[1]})" if len(regions) > 1 else city


class SignupExtras(forms.Form):
    """The person's name, the team's name without an invitation, and the browser's time zone."""

    name = NameField(
        label=_("Your name"), max_length=120, required=False, widget=forms.TextInput({"autocomplete": "name"})
    )
    team = NameField(
        label=_("Your team or brand"),
        max_length=120,
        help_text=_("The name of your first instance. You can change it."),
    )
    time_zone = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput({"data-browser-zone": ""}))
    field_order = ["name", "team", "email", "password1"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if invitation := invitation_in(context.request):
            del self.fields["team"]
            if invitation.email:  # the link of a deployment's first owner names none
                self.initial["email"] = invitation.email
                self.fields["email"].widget.attrs["readonly"] = True

    def clean_time_zone(self) -> str:
        """Return the browser's zone, or "" where there is none or it is unknown here."""
        zone = str(self.cleaned_data["time_zone"])
        return zone if zone in settings.ZONE_DATA.names else ""

    def clean(self) -> dict[str, Any]:
        """Refuse a password that contains a name typed on the same form."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        invitation = invitation_in(context.request)
        words = [data.get("name", ""), data.get("team", ""), invitation.tenant.name if invitation else ""]
        password = data.get("password1", "")
        if password and is_predictable(password, words) and not is_predictable(password):  # that is refused anyway
            self.add_error("password1", PREDICTABLE)
        return data

    def signup(self, request: HttpRequest, user: User) -> None:
        """Do nothing: allauth requires the method, the adapter saves everything."""


class InstanceForm(forms.Form):
    """A new instance of one of the tenants that the person owns or administers."""

    tenant = forms.ModelChoiceField(queryset=Tenant.objects.none(), label=_("Team"), empty_label=None)
    name = NameField(label=_("Name"), max_length=120)
    slug = forms.CharField(
        label=_("Address"),
        max_length=50,
        required=False,
        validators=[slug_validator],
        help_text=_(
            "Lowercase letters, digits and hyphens. Leave it empty to create it from the name. It can’t be changed"
            " later."
        ),
    )
    time_zone = forms.ChoiceField(label=_("Time zone"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tenants = tenants_led_by(user)
        field: Any = self.fields["tenant"]
        field.queryset = tenants
        default = self.initial.setdefault("time_zone", last_used_zone(tenants))
        offered: Any = self.fields["time_zone"]
        offered.choices = zone_choices(default)
        if not self.is_bound:
            offered.widget.attrs["data-browser-zone"] = ""
        if len(tenants) == 1:
            field.initial, field.widget = tenants[0].pk, forms.HiddenInput()


class GeneralForm(forms.ModelForm):  # type: ignore[type-arg]
    """Name and time zone of an instance."""

    name = NameField(label=_("Name"), max_length=120)
    time_zone = forms.ChoiceField(label=_("Time zone"), help_text=_("Times are shown and entered in this zone."))

    class Meta:
        model = Instance
        fields = ["name", "time_zone"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered: Any = self.fields["time_zone"]
        offered.choices = zone_choices(self.instance.time_zone)


class TwoFactorPolicyForm(forms.Form):
    """Whether the tenant requires two-factor sign-in."""

    required = forms.BooleanField(label=_("Require two-factor sign-in"), required=False)


class RoleChoice(forms.RadioSelect):
    """Radio buttons, each with what the role may do."""

    option_template_name = "instances/role_option.html"

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the role's sentence."""
        return super().create_option(name, value, *args, **kwargs) | {"summary": ROLES[Role(str(value))].summary}


class RoleForm(forms.Form):
    """One of the roles up to the reader's own."""

    role = forms.ChoiceField(label=_("Role"))

    def __init__(self, *args: Any, reader: Role, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["role"]
        field.choices = [(role.value, ROLES[role].label) for role in up_to(reader)]

    def clean_role(self) -> Role:
        """Return the role as a Role."""
        return Role(self.cleaned_data["role"])


class InviteForm(RoleForm):
    """The address to invite and its role; each role says what it may do."""

    role = forms.ChoiceField(label=_("Role"), widget=RoleChoice, initial=Role.EDITOR.value)
    email = forms.EmailField(
        label=_("Email address"), max_length=LONGEST_EMAIL, widget=forms.EmailInput({"autocomplete": "off"})
    )
    field_order = ["email", "role"]


class ApiKeyForm(forms.Form):
    """A key's name and scopes; ``key_id`` makes sending the form twice harmless."""

    key_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        validators=[check_visible],
        help_text=_("Where you use it, such as “nightly upload”."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("Permissions"),
        choices=[(scope.value, label) for scope, label in SCOPE_LABELS.items()],
        widget=forms.CheckboxSelectMultiple,
    )

    def values(self) -> tuple[UUID, str, list[KeyScope]]:
        """Return id, name and scopes of a valid form."""
        data = self.cleaned_data
        return data["key_id"], data["name"], [KeyScope(scope) for scope in data["scopes"]]


class NotificationForm(forms.ModelForm):  # type: ignore[type-arg]
    """The notifications that a person also gets by email."""

    class Meta:
        model = NotificationPreference
        fields = ["mail_failed", "mail_attention", "mail_reconnect", "mail_linked", "mail_media"]
        help_texts = {
            "mail_failed": _("TikTok refused a post, or Clipdesk could not send it."),
            "mail_attention": _("A post needs a decision."),
            "mail_reconnect": _("An account’s TikTok authorization expires soon, has expired or has lost permissions."),
            "mail_linked": _("An account owner connected an account with a connect link."),
            "mail_media": _("A video cannot be published, or is ready to publish."),
        }


class ReadUntilForm(forms.Form):
    """The time up to which the person has seen notifications."""

    until = forms.DateTimeField()

    def clean_until(self) -> datetime:
        """Return the time in UTC, where some times at the ends of the calendar do not exist."""
        until: datetime = self.cleaned_data["until"]
        try:
            return until.astimezone(UTC)
        except OverflowError as error:
            raise forms.ValidationError(_("This time does not exist."), code="invalid") from error
