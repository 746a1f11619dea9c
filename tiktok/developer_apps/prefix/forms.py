"""Forms of the URL prefix page."""

from typing import Any, Final

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tiktok.developer_apps.prefix.rules import VerificationFile, verification_file
from tiktok.models import MediaSource, TikTokApp

MAX_FILE_BYTES: Final = 1000
SUMMARIES: Final[dict[str, Promise]] = {
    MediaSource.FILE_UPLOAD: _("Clipdesk sends each video itself, in pieces, and continues where a connection broke."),
    MediaSource.PULL_FROM_URL: _(
        "Clipdesk gives TikTok a secret address for each video, valid for about an hour. TikTok asks for this where"
        " videos are already on a server. A download that has started cannot be cancelled for sure."
    ),
}


class SignatureFileField(forms.FileField):
    """The file itself."""

    is_conditional = True  # needed without its content, so never called optional


class SignatureLineField(forms.CharField):
    """The content of the file."""

    is_conditional = True


class VerificationFileForm(forms.Form):
    """TikTok’s signature file, as a file or as the text in it."""

    file = SignatureFileField(
        label=_("Signature file"), required=False, help_text=_("The file that TikTok’s portal offers, with its name.")
    )
    content = SignatureLineField(
        label=_("Or its content"), required=False, max_length=300, strip=True,
        help_text=_("Paste the line in the file. Clipdesk then knows the name."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono"}),
    )  # fmt: skip

    def clean_file(self) -> VerificationFile | None:
        """Accept only a file that TikTok may have offered."""
        sent: UploadedFile[bytes] | None = self.cleaned_data["file"]
        if sent is None:
            return None
        if (sent.size or 0) > MAX_FILE_BYTES:
            raise forms.ValidationError(_("This file is too large to be TikTok’s."), code="too_large")
        return verification_file(sent.read().decode("utf-8", "replace"), name=sent.name or "")

    def clean_content(self) -> VerificationFile | None:
        """Accept only content that TikTok may have offered."""
        content: str = self.cleaned_data["content"]
        return verification_file(content) if content else None

    def clean(self) -> dict[str, Any]:
        """Require one of both, or both of one file."""
        data = super().clean() or self.cleaned_data
        given = {data[name] for name in ("file", "content") if data.get(name)}
        if not given and not self.errors:
            raise forms.ValidationError(_("Choose TikTok’s signature file, or paste its content."), code="missing")
        if len(given) > 1:
            raise forms.ValidationError(_("The file and the pasted content differ."), code="mismatch")
        return data

    @property
    def verification_file(self) -> VerificationFile:
        """Return the file of a valid form."""
        found: VerificationFile = self.cleaned_data.get("file") or self.cleaned_data["content"]
        return found


class TransferChoice(forms.RadioSelect):
    """Radio buttons, each with what it changes."""

    option_template_name = "tiktok/developer_apps/prefix/transfer_option.html"
    can_pull = False

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add what the choice changes; turn off downloads while TikTok cannot download."""
        option = super().create_option(name, value, *args, **kwargs) | {"summary": SUMMARIES[str(value)]}
        if str(value) == MediaSource.PULL_FROM_URL and not self.can_pull:
            option["attrs"] |= {"disabled": True}
            option["why_off"] = _("Available once the check above has passed.")
        return option


class VideoTransferForm(forms.Form):
    """How videos get to TikTok."""

    video_transfer = forms.ChoiceField(
        label=_("Transfer of videos"),
        choices=[
            (MediaSource.FILE_UPLOAD, _("Clipdesk uploads videos")),
            (MediaSource.PULL_FROM_URL, _("TikTok downloads videos")),
        ],
        widget=TransferChoice,
    )

    def __init__(self, *args: Any, app: TikTokApp, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.can_pull = app.can_pull or app.video_transfer == MediaSource.PULL_FROM_URL  # the choice may stay
        field: Any = self.fields["video_transfer"]
        field.initial, field.widget.can_pull = app.video_transfer, self.can_pull

    def clean_video_transfer(self) -> MediaSource:
        """Refuse to change to downloads while TikTok cannot download."""
        transfer = MediaSource(self.cleaned_data["video_transfer"])
        if transfer == MediaSource.PULL_FROM_URL and not self.can_pull:
            raise self.not_ready()
        return transfer

    def not_ready(self) -> forms.ValidationError:
        """Return the error of a choice that TikTok cannot follow."""
        return forms.ValidationError(
            _("TikTok can’t download from here yet. Check the prefix first."), code="not_ready"
        )
