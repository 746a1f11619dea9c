"""Input of the pages about a person."""

from typing import Any, ClassVar, Final

from allauth.account.forms import (
    ChangePasswordForm,
    LoginForm,
    ReauthenticateForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SignupForm,
)
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as CodeReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts import mfa
from accounts.lockout import locked_text, wait_s
from accounts.models import LONGEST_EMAIL, User
from accounts.names import NameField
from accounts.security_events import note
from accounts.watched import is_first_lockout

UNREADABLE_CODE: Final = _(
    "Clipdesk lost the key of your authenticator app, so its codes don’t work. If you’re still signed in elsewhere,"
    " turn two-factor sign-in off and on again there; if not, ask your administrator to turn it off."
)


class PlainFields:
    """Fields of allauth's forms without the placeholders that repeat their labels."""

    fields: dict[str, forms.Field]
    LABELS: ClassVar[dict[str, Any]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.LABELS.get(name, field.label)


class SignInForm(PlainFields, LoginForm):
    """Sign in by address and password."""

    LABELS: ClassVar[dict[str, Any]] = {"remember": _("Stay signed in")}


class SignUpForm(PlainFields, SignupForm):
    """Create an account."""


class PasswordAgainForm(PlainFields, ReauthenticateForm):
    """Ask for the password again before something sensitive."""


class ResetLinkForm(PlainFields, ResetPasswordForm):
    """Ask for a link to choose a new password."""


class NewPasswordFields(PlainFields):
    """Labels for allauth's forms that ask for a new password twice."""

    LABELS: ClassVar[dict[str, Any]] = {
        "oldpassword": _("Current password"),
        "password1": _("New password"),
        "password2": _("New password again"),
    }


class PasswordChangeForm(NewPasswordFields, ChangePasswordForm):
    """Change the password of a signed-in person."""


class PasswordResetForm(NewPasswordFields, ResetPasswordKeyForm):
    """Choose a password by a link from an email."""


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """A person's name."""

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
    """The new address of a person."""

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
            raise forms.ValidationError(_("You already sign in with this address."))
        return email


class _SaysWhen(PlainFields):
    """Say when the next code is accepted, after too many wrong ones."""

    user: User

    def clean_code(self) -> Any:
        """Check the code. Raises ValidationError."""
        try:
            return super().clean_code()  # type: ignore[misc]
        except forms.ValidationError as error:
            if error.code not in {"too_many_login_attempts", "rate_limited"}:
                raise
            wait = wait_s(context.request, action="login_failed", key=f"mfa-auth-user-{self.user.pk}")
            raise forms.ValidationError(locked_text(wait), code="too_many_login_attempts") from error


class AuthenticatorForm(_SaysWhen, ActivateTOTPForm):
    """Set up an authenticator app."""


class _ExplainsLostKey(_SaysWhen):
    """Say what helps when the key that protects a second factor is lost: no code can be right then."""

    def clean_code(self) -> Any:
        """Check the code, and write a line into the audit log when the person is locked out."""
        try:
            return super().clean_code()
        except forms.ValidationError as error:
            if error.code == "too_many_login_attempts":
                is_first = is_first_lockout("two_factor", self.user)
                note("two_factor.locked_out", request=context.request, person=self.user, is_audited=is_first)
            if error.code == "incorrect_code" and mfa.is_unreadable(self.user, Authenticator.Type.TOTP):
                raise forms.ValidationError(UNREADABLE_CODE, code="unreadable") from error
            raise


class CodeForm(_ExplainsLostKey, AuthenticateForm):
    """Ask for a code as the second step of signing in."""


class CodeAgainForm(_ExplainsLostKey, CodeReauthenticateForm):
    """Ask for a code again before something sensitive."""
