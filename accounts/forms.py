"""Input of the pages about a person."""

from typing import Any, Final

from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts import mfa
from accounts.models import LONGEST_EMAIL, User
from accounts.names import NameField
from accounts.security_events import note
from accounts.watched import is_first_lockout

UNREADABLE_CODE: Final = _(
    "Clipdesk cannot read the key of your authenticator app any more, so no code of it fits. Where you are still "
    "signed in, switch two-factor off and on again under your profile; otherwise ask whoever runs Clipdesk to take it "
    "off."
)


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """What others see of a person."""

    name = NameField(label=_("Name"), max_length=120, required=False, widget=forms.TextInput({"autocomplete": "name"}))

    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=lambda: [("", _("Same as the browser")), *settings.LANGUAGES],
        help_text=_("For pages and emails."),
    )

    class Meta:
        model = User
        fields = ["name", "language"]


class EmailChangeForm(forms.Form):
    """The address that a person wants to sign in with from now on."""

    email = forms.EmailField(
        label=_("New email address"), max_length=LONGEST_EMAIL, widget=forms.EmailInput({"autocomplete": "email"})
    )

    def __init__(self, data: Any = None, *, person: User) -> None:
        super().__init__(data)
        self._person = person

    def clean_email(self) -> str:
        """Return it in lower case, as logins are kept."""
        email = str(self.cleaned_data["email"]).strip().lower()
        if email == self._person.email:
            raise forms.ValidationError(_("You sign in with this address already."))
        return email


class _SaysWhenTheKeyIsLost:
    """A second factor that nobody can read any more is not the person's mistake."""

    user: User

    def clean_code(self) -> Any:
        """As allauth does it; says what helps where no code can fit."""
        try:
            return super().clean_code()  # type: ignore[misc]
        except forms.ValidationError as error:
            if error.code == "too_many_login_attempts":
                is_first = is_first_lockout("two_factor", self.user)
                note("two_factor.locked_out", request=context.request, person=self.user, is_audited=is_first)
            if error.code == "incorrect_code" and mfa.is_unreadable(self.user, Authenticator.Type.TOTP):
                raise forms.ValidationError(UNREADABLE_CODE, code="unreadable") from error
            raise


class CodeForm(_SaysWhenTheKeyIsLost, AuthenticateForm):
    """The second step of signing in."""


class CodeAgainForm(_SaysWhenTheKeyIsLost, ReauthenticateForm):
    """The same before something that matters."""
