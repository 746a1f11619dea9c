"""The form with which an account is linked or reconnected: on the accounts' page, and on a page of its own."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.names import check_visible
from instances.models import Instance
from tiktok.accounts.queries import accounts
from tiktok.developer_apps.choice import default_app
from tiktok.developer_apps.fields import AppField
from tiktok.models import AccountStatus, TikTokAccount, TikTokApp


class ConnectForm(forms.Form):
    """Begin to link: an optional name, an account to reconnect, the app where there are several."""

    name = forms.CharField(
        label=_("Name in Clipdesk"), max_length=80, required=False, validators=[check_visible],
        help_text=_("How your team calls this account. Without it, TikTok's name is used."),
    )  # fmt: skip
    account = forms.ModelChoiceField(TikTokAccount._base_manager.none(), required=False, widget=forms.HiddenInput)
    app = AppField()

    def __init__(self, *args: Any, instance: Instance, apps: Sequence[TikTokApp] = (), **kwargs: Any) -> None:
        """``apps``: those to choose from, where they are read already."""
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = accounts()  # type: ignore[attr-defined]
        self.apps = self.fields["app"].offer(instance, apps)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Settle the app: the reconnected account's own, the chosen one, or the one that is meant."""
        data = super().clean() or {}
        account: TikTokAccount | None = data.get("account")
        if account is not None:
            data["app"] = self._app_of(account)
            if account.status == AccountStatus.DISCONNECTING:
                self.add_error("account", _("This account is being disconnected. Wait until that is done."))
        elif data.get("app") is None and "app" not in self.errors:
            data["app"] = self._default_app()
        return data

    def _app_of(self, account: TikTokAccount) -> TikTokApp | None:
        app = account.credential.app
        if app in self.apps:
            return app
        text = _("The TikTok app of this account is not available here any more. Connect the account anew.")
        self.add_error("account", text)
        return None

    def _default_app(self) -> TikTokApp | None:
        found = default_app(self.apps)
        if not self.apps:
            self.add_error("app", _("No TikTok app is set up here yet."))
        elif found is None:
            self.add_error("app", _("Choose the TikTok app."))
        return found
