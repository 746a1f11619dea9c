"""The form that creates connect links."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.names import check_visible, is_visible
from core.web.fields import LinesField
from instances.models import Instance
from tiktok.connect.links.services import LIFETIME, MOST_AT_ONCE
from tiktok.developer_apps.choice import default_app
from tiktok.developer_apps.fields import AppField

LONGEST_NAME: Final = 80
LONGEST_TEXT: Final = 20_000
LIFETIMES: Final = (
    (3600, gettext_lazy("1 hour")),
    (86_400, gettext_lazy("1 day")),
    (3 * 86_400, gettext_lazy("3 days")),
    (7 * 86_400, gettext_lazy("7 days")),
    (14 * 86_400, gettext_lazy("14 days")),
    (30 * 86_400, gettext_lazy("30 days")),
)


class LinksForm(forms.Form):
    """One link, or one for each line of a pasted list; ``batch`` makes a repeated request harmless."""

    batch = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    names = LinesField(
        label=gettext_lazy("Names"), required=False, max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "One per line, up to 100. Each line creates a link, and the account gets that name. "
            "Leave it empty for one link; the account then gets TikTok’s name."
        ),
    )  # fmt: skip
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=300, validators=[check_visible],
        help_text=gettext_lazy(
            "Shown to the person who opens a link, such as “Please use the shop’s TikTok login”."
        ),
    )  # fmt: skip
    lifetime = forms.TypedChoiceField(
        label=gettext_lazy("Expires after"), choices=LIFETIMES, coerce=int, initial=int(LIFETIME.total_seconds())
    )
    app = AppField()

    def __init__(self, *args: Any, instance: Instance, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.apps = self.fields["app"].offer(instance)  # type: ignore[attr-defined]
        self.fields["app"].required = bool(self.apps) and default_app(self.apps) is None
        if len(self.apps) < 2:
            self.fields["app"].widget = forms.HiddenInput()

    def clean_names(self) -> list[str]:
        """The names, trimmed and without empty lines; one empty name where there are none."""
        names = [line.strip() for line in self.cleaned_data["names"].splitlines() if line.strip()]
        check_names(names)
        return names or [""]

    def clean(self) -> dict[str, Any]:
        """Without a TikTok app no link could be used."""
        if not self.apps:
            self.add_error(None, _("No TikTok app is set up here yet."))
        return super().clean() or {}

    def clean_lifetime(self) -> timedelta:
        """How long the links can be used."""
        return timedelta(seconds=self.cleaned_data["lifetime"])


def check_names(names: Sequence[str]) -> None:
    """Raises ValidationError that names what is wrong: too many, too long, not printable, twice."""
    problems = _too_many(names) or [*_too_long(names), *_unprintable(names), *_twice(names)]
    if problems:
        raise ValidationError(problems)


def _too_many(names: Sequence[str]) -> list[str]:
    said = _("Enter at most %(most)d names at once. You entered %(count)d.")
    return [said % {"most": MOST_AT_ONCE, "count": len(names)}] if len(names) > MOST_AT_ONCE else []


def _too_long(names: Sequence[str]) -> list[str]:
    said = _("“%(name)s…” is longer than %(most)d characters.")
    return [said % {"name": name[:20], "most": LONGEST_NAME} for name in names if len(name) > LONGEST_NAME]


def _unprintable(names: Sequence[str]) -> list[str]:
    said = _("Line %(line)d contains characters that can’t be shown. Remove them.")
    return [said % {"line": number} for number, name in enumerate(names, 1) if not is_visible(name)]


def _twice(names: Sequence[str]) -> list[str]:
    counts = Counter(name.casefold() for name in names)
    doubles = list(dict.fromkeys(name for name in names if counts[name.casefold()] > 1))
    said = ngettext("This name appears twice: %(names)s.", "These names appear twice: %(names)s.", len(doubles))
    return [said % {"names": ", ".join(doubles)}] if doubles else []
