"""Forms of the Accounts page."""

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.names import check_visible
from tiktok.accounts.labels import SEPARATOR, clean_labels, key_of
from tiktok.models import TikTokAccount

MOST_OFFERED: Final = 30  # labels of other accounts, the most used first


class RenameForm(forms.Form):
    """The name that the team gives an account."""

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
        help_text=_("Separate labels with commas, up to 30 characters each."),
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
        """Combine ticked and typed labels in ``labels``."""
        data = super().clean() or {}
        typed = data.get("new", "").split(SEPARATOR)
        try:
            data["labels"] = clean_labels([*data.get("labels", []), *typed])
        except ValidationError as error:
            self.add_error("new", error)
        return data


class SelectForm(forms.Form):
    """The account to filter by; empty means all."""

    account = forms.ModelChoiceField(TikTokAccount._base_manager.none(), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = TikTokAccount.objects.all()  # type: ignore[attr-defined]
