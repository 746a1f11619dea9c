"""Input of the pages of linking."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from instances.models import Instance
from tiktok.linking.queries import accounts, apps_for
from tiktok.models import AccountStatus, TikTokAccount, TikTokApp


class ConnectForm(forms.Form):
    """Begin to link: an optional name, an account to reconnect, the app where there are several."""

    name = forms.CharField(
        label=_("Name in Clipdesk"), max_length=80, required=False,
        help_text=_("How your team calls this account. Without it, TikTok's name is used."),
    )  # fmt: skip
    account = forms.ModelChoiceField(TikTokAccount._base_manager.none(), required=False, widget=forms.HiddenInput)
    app = forms.ModelChoiceField(TikTokApp.objects.none(), label=_("TikTok app"), required=False, empty_label=None)

    def __init__(self, *args: Any, instance: Instance, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = accounts()  # type: ignore[attr-defined]
        self.fields["app"].queryset = apps_for(instance)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Settle the app: the reconnected account's own, the chosen one, or the only one."""
        data = super().clean() or {}
        account: TikTokAccount | None = data.get("account")
        if account is not None:
            data["app"] = account.credential.app
            if account.status == AccountStatus.DISCONNECTING:
                self.add_error("account", _("This account is being disconnected. Wait until that is done."))
        elif data.get("app") is None and "app" not in self.errors:
            data["app"] = self._only_app()
        return data

    def _only_app(self) -> TikTokApp | None:
        found = list(self.fields["app"].queryset[:2])  # type: ignore[attr-defined]
        if not found:
            self.add_error("app", _("No TikTok app is set up here yet."))
        elif len(found) > 1:
            self.add_error("app", _("Choose the TikTok app."))
        return found[0] if len(found) == 1 else None


class RenameForm(forms.Form):
    """The team's own name of an account."""

    name = forms.CharField(
        label=_("Name in Clipdesk"), max_length=80, widget=forms.TextInput(attrs={"autofocus": True})
    )


class SelectForm(forms.Form):
    """Which account to look at; empty means all."""

    account = forms.ModelChoiceField(TikTokAccount._base_manager.none(), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = TikTokAccount.objects.all()  # type: ignore[attr-defined]
