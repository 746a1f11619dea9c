"""Input of the pages of linking."""

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.names import check_visible
from instances.models import Instance
from tiktok.linking.app_choice import apps_for, default_app, label_apps
from tiktok.linking.labels import SEPARATOR, clean_labels, key_of
from tiktok.linking.queries import accounts
from tiktok.models import AccountStatus, TikTokAccount, TikTokApp

MOST_OFFERED: Final = 30  # labels of other accounts, the most used first


class AppField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of several apps, no two of which are called the same; the first is chosen beforehand."""

    def __init__(self) -> None:
        super().__init__(TikTokApp.objects.none(), label=_("TikTok app"), required=False, empty_label=None)

    def offer(self, instance: Instance, apps: Sequence[TikTokApp] = ()) -> Sequence[TikTokApp]:
        """Take and return the instance's; ``apps`` are these where they are read already."""
        self.queryset = apps_for(instance)
        found = apps or list(self.queryset)
        labels = label_apps(found)
        self.choices = [(app.pk, labels[app.pk]) for app in found]
        return found


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


class RenameForm(forms.Form):
    """The team's own name of an account."""

    name = forms.CharField(
        label=_("Name in Clipdesk"),
        max_length=80,
        validators=[check_visible],
        widget=forms.TextInput(attrs={"autofocus": True}),
    )


class LabelsForm(forms.Form):
    """An account's labels: tick those in use, type new ones."""

    labels = forms.MultipleChoiceField(
        label=_("Labels"), required=False, widget=forms.CheckboxSelectMultiple(attrs={"class": "ticks"})
    )
    new = forms.CharField(
        label=_("New labels"), max_length=400, required=False,
        help_text=_("Several with a comma between them; each of at most 30 characters."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip

    def __init__(self, *args: Any, own: list[str], in_use: list[tuple[str, int]], **kwargs: Any) -> None:
        """``own``: the account's labels; ``in_use``: the instance's, with how many accounts carry each."""
        super().__init__(*args, **kwargs)
        keys = {key_of(label) for label in own}
        most_used = sorted((pair for pair in in_use if key_of(pair[0]) not in keys), key=lambda pair: -pair[1])
        offered = [*own, *(label for label, _count in most_used[:MOST_OFFERED])]
        choices = self.fields["labels"]
        choices.initial = own
        choices.choices = [(label, label) for label in offered]  # type: ignore[attr-defined]
        if not offered:
            choices.widget = forms.MultipleHiddenInput()

    def clean(self) -> dict[str, Any]:
        """``labels`` becomes all of them, as ``clean_labels`` leaves them."""
        data = super().clean() or {}
        typed = data.get("new", "").split(SEPARATOR)
        try:
            data["labels"] = clean_labels([*data.get("labels", []), *typed])
        except ValidationError as error:
            self.add_error("new", error)
        return data


class SelectForm(forms.Form):
    """Which account to look at; empty means all."""

    account = forms.ModelChoiceField(TikTokAccount._base_manager.none(), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = TikTokAccount.objects.all()  # type: ignore[attr-defined]
