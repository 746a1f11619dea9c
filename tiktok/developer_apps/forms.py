"""The form in which staff enter a TikTok app. It accepts a secret and never shows one."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import Tenant
from tiktok.api.types import Scope
from tiktok.developer_apps.rules import check_key, check_redirect_uri, type_for
from tiktok.developer_apps.services import set_client_secret
from tiktok.models import AccountStatus, AppType, PkceMode, TikTokAccount, TikTokApp
from tiktok.models.fields import Undecryptable


class TikTokAppForm(forms.ModelForm):  # type: ignore[type-arg]
    """Key, secret and address of a developer app; an empty secret keeps the present one."""

    new_secret = forms.CharField(
        label=_("Client secret"), required=False, strip=False, max_length=200,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"), widget=forms.CheckboxSelectMultiple,
        choices=[(scope.value, scope.value) for scope in Scope],
        help_text=_("The scopes to request from account owners. Select only those that TikTok has approved."),
    )  # fmt: skip

    class Meta:
        model = TikTokApp
        fields = ["name", "client_key", "environment", "app_type", "pkce", "redirect_uri", "tenant", "is_audited"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "redirect_uri" in self.fields:  # not while it is only looked at
            self.fields["redirect_uri"].initial = settings.TIKTOK_REDIRECT_URI
            app_type, pkce = type_for(settings.TIKTOK_REDIRECT_URI)
            self.fields["app_type"].initial, self.fields["pkce"].initial = app_type, pkce
        self.fields["scopes"].initial = list(settings.TIKTOK_SCOPES)
        if not self.instance._state.adding:
            self.fields["scopes"].initial = self.instance.scopes
        self.fields["new_secret"].help_text = _secret_help(self.instance)

    def clean_client_key(self) -> str:
        """Check that the key has the form of TikTok's."""
        key: str = self.cleaned_data["client_key"]
        check_key(key)
        return key

    def clean_new_secret(self) -> str:
        """Check that the secret has the form of TikTok's; required once."""
        secret: str = self.cleaned_data["new_secret"]
        check_key(secret)
        if not secret and self.instance._state.adding:
            raise forms.ValidationError(_("Enter the client secret."))
        return secret

    def clean_tenant(self) -> Tenant | None:
        """Allow a tenant's own app only if no other tenant's accounts are linked through it."""
        tenant: Tenant | None = self.cleaned_data["tenant"]
        linked = TikTokAccount.objects.filter(credential__app=self.instance).exclude(status=AccountStatus.DISCONNECTED)
        if tenant and linked.exclude(instance__tenant=tenant).exists():
            raise forms.ValidationError(
                _(
                    "Accounts of other tenants are connected through this app. Disconnect them first, or leave the"
                    " tenant empty."
                )
            )
        return tenant

    def clean(self) -> dict[str, Any]:
        """Check that TikTok accepts the redirect URI for this type of app, with its PKCE mode."""
        data = super().clean() or self.cleaned_data
        app_type, uri = data.get("app_type"), data.get("redirect_uri")
        if app_type and uri:
            try:
                check_redirect_uri(uri, app_type)
            except forms.ValidationError as error:
                self.add_error("redirect_uri", error)
        if app_type == AppType.DESKTOP and data.get("pkce") != PkceMode.HEX:
            self.add_error("pkce", _("TikTok’s desktop apps need PKCE with the hex digest."))
        return data

    def save(self, commit: bool = True) -> TikTokApp:
        """Seal the new secret; the previous one stays usable until TikTok has changed over."""
        self.instance.scopes = self.cleaned_data["scopes"]
        if secret := self.cleaned_data.get("new_secret"):
            set_client_secret(self.instance, secret)
        app: TikTokApp = super().save(commit)
        return app


class EnvironmentAppForm(forms.ModelForm):  # type: ignore[type-arg]
    """The form of the environment's app: only values learned from TikTok can be corrected here."""

    class Meta:
        model = TikTokApp
        fields = ["is_audited"]


def _secret_help(app: TikTokApp) -> str:
    """Return whether a secret is set, and since when; never the secret."""
    try:
        is_set = app.client_secret is not None
    except Undecryptable:
        return str(_("The stored secret can’t be read with the current keys. Enter it again."))
    if not is_set:
        return str(_("Enter it as TikTok shows it."))
    when = f"{app.secret_set_at:%Y-%m-%d %H:%M} UTC" if app.secret_set_at else "–"
    return str(_("A secret is set (%(when)s). Leave this empty to keep it, or enter a new one.")) % {"when": when}
