"""The form that connects or reconnects an account: on the Accounts page, and on a page of its own."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.names import check_visible
from instances.models import Instance
from tiktok.access.scopes import Request, requests_for
from tiktok.accounts.queries import accounts
from tiktok.developer_apps.choice import default_app
from tiktok.developer_apps.fields import AppField
from tiktok.models import AccountStatus, TikTokAccount, TikTokApp


def requests_of(apps: Sequence[TikTokApp]) -> list[Request]:
    """List what TikTok asks for, across these apps."""
    return requests_for(dict.fromkeys(scope for app in apps for scope in app.scopes))


class ConnectForm(forms.Form):
    """Connect an account: an optional name, the account to reconnect, the app where there are several."""

    name = forms.CharField(
        label=_("Name in Clipdesk"), max_length=80, required=False, validators=[check_visible],
        help_text=_("The name your team uses for this account. Leave it empty to use TikTok’s name."),
    )  # fmt: skip
    account = forms.ModelChoiceField(TikTokAccount._base_manager.none(), required=False, widget=forms.HiddenInput)
    app = AppField()

    def __init__(self, *args: Any, instance: Instance, apps: Sequence[TikTokApp] = (), **kwargs: Any) -> None:
        """``apps``: those to choose from, if already read."""
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = accounts()  # type: ignore[attr-defined]
        self.apps = self.fields["app"].offer(instance, apps)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Determine the app: the reconnected account's own, the chosen one, or the default."""
        data = super().clean() or {}
        account: TikTokAccount | None = data.get("account")
        if account is not None:
            data["app"] = self._app_of(account)
            if account.status == AccountStatus.DISCONNECTING:
                self.add_error("account", _("This account is being disconnected. Try again once it is done."))
        elif data.get("app") is None and "app" not in self.errors:
            data["app"] = self._default_app()
        return data

    def _app_of(self, account: TikTokAccount) -> TikTokApp | None:
        app = account.credential.app
        if app in self.apps:
            return app
        text = _("The TikTok app of this account is no longer available here. Connect the account through another app.")
        self.add_error("account", text)
        return None

    def _default_app(self) -> TikTokApp | None:
        found = default_app(self.apps)
        if not self.apps:
            self.add_error("app", _("No TikTok app is set up here yet."))
        elif found is None:
            self.add_error("app", _("Choose the TikTok app."))
        return found
