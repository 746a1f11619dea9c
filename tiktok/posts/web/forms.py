"""The composer's form: reads what a person chose; ``rules`` says whether TikTok would take it."""

import uuid
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes.forms import SafeModelChoiceField

from core.text import with_line_feeds
from core.web.fields import LinesField
from instances.forms import zone_choices
from tiktok.api.types import CreatorInfo
from tiktok.models import Media, Post
from tiktok.posts.queries import version_of
from tiktok.posts.rules import OPTION_FIELDS, PostOptions
from tiktok.posts.schedule import NO_PLAN, Plan, plan_of

PRIVACY_LABELS = {
    "PUBLIC_TO_EVERYONE": _("Everyone"),
    "MUTUAL_FOLLOW_FRIENDS": _("Friends"),
    "FOLLOWER_OF_CREATOR": _("Followers"),
    "SELF_ONLY": _("Only me"),
}
WHEN = [("now", _("Now")), ("later", _("At a time"))]
TURNED_OFF = _("This account has turned it off in TikTok.")
MINUTE_CHARS = len("2026-11-21T18:00")
INTERACTIONS = ("allow_comment", "allow_duet", "allow_stitch")
SENT_AS_THEY_ARE = tuple(name for name in OPTION_FIELDS if name != "cover_timestamp_ms")


class WallTimeField(forms.DateTimeField):
    """Date and time as a clock shows them, without a zone: the schedule puts the chosen one on it."""

    def to_python(self, value: Any) -> datetime | None:
        """Naive. Django reads it in the zone of the page, where it might not exist."""
        with timezone.override(UTC):
            read = super().to_python(value)
        return read.replace(tzinfo=None) if read else None


class PostForm(forms.Form):
    """One video for one account. Choices and disabled boxes come from fresh creator info.

    TikTok requires both this and that nothing is offered without it (docs/tiktok.md, section 11): what had been chosen
    goes along hidden, good for a draft or another try.
    """

    submit_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    caption = LinesField(
        label=_("Caption"), required=False, strip=False, max_length=8800, widget=forms.Textarea(attrs={"rows": 5})
    )
    cover_s = forms.DecimalField(
        label=_("Cover at second"),
        required=False,
        min_value=0,
        max_value=600,
        decimal_places=3,
        help_text=_("Which moment of the video becomes its cover; the first frame if empty."),
    )
    privacy_level = forms.ChoiceField(
        label=_("Who may see it"), error_messages={"required": _("Choose who can see the post.")}
    )
    allow_comment = forms.BooleanField(label=_("Comment"), required=False)
    allow_duet = forms.BooleanField(label=_("Duet"), required=False)
    allow_stitch = forms.BooleanField(label=_("Stitch"), required=False)
    disclose = forms.BooleanField(
        label=_("Disclose promotional content"),
        required=False,
        help_text=_("Turn on if this video promotes yourself, a brand, a product or a service."),
    )
    brand_organic = forms.BooleanField(
        label=_("Your brand"), required=False, help_text=_("You promote yourself or your own business.")
    )
    brand_content = forms.BooleanField(
        label=_("Branded content"), required=False, help_text=_("You promote another brand or a third party.")
    )
    is_aigc = forms.BooleanField(label=_("Made with AI"), required=False)
    when = forms.ChoiceField(label=_("When"), choices=WHEN, initial="now", widget=forms.RadioSelect)
    repeat_ok = forms.BooleanField(label=_("Post this file to this account again"), required=False)
    publish_at = WallTimeField(
        label=_("Date and time"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    timezone = forms.ChoiceField(label=_("Time zone"), required=False)

    def __init__(
        self, *args: Any, creator: CreatorInfo | None, zone: str, stored_plan: Plan = NO_PLAN, **kwargs: Any
    ) -> None:
        """``zone`` is the one that is offered first; ``stored_plan``: the post's time, kept exactly if not changed."""
        super().__init__(*args, **kwargs)
        self.zone, self.stored_plan = zone, stored_plan
        self.next_valid: datetime | None = None
        # Content is looked up where the form is made: a queryset at class level would have no scope.
        self.fields["media"] = SafeModelChoiceField(Media.objects.none(), label=_("Video"), required=False)
        self.fields["media"].queryset = Media.objects.filter(deleted_at=None)  # type: ignore[attr-defined]
        self.fields["media"].error_messages["invalid_choice"] = _("This video is not here any more.")
        # A draft may leave it open; TikTok allows no default, so a post to be published must say it.
        self.fields["privacy_level"].required = self.data.get("action") not in ("draft", "look")
        if creator:
            self._offer(creator)
        else:
            self._keep()
        for field in self.fields.values():
            field.widget.attrs["form"] = "composer"  # the page has an upload form in the middle of this one
        names = zone_choices(zone)
        gone = (
            [] if zone in settings.ZONE_DATA.names else [(zone, zone)]
        )  # it stays until another is chosen; no post goes out by it
        self.fields["timezone"].choices = [*gone, *names]  # type: ignore[attr-defined]
        self.fields["timezone"].initial = zone

    def _offer(self, creator: CreatorInfo) -> None:
        levels = [(level, PRIVACY_LABELS.get(level, level)) for level in creator.privacy_level_options]
        self.fields["privacy_level"].choices = [("", _("Choose")), *levels]  # type: ignore[attr-defined]
        turned_off = {
            "allow_comment": creator.comment_disabled,
            "allow_duet": creator.duet_disabled,
            "allow_stitch": creator.stitch_disabled,
        }
        for name, is_off in turned_off.items():
            self.fields[name].disabled = is_off
            self.fields[name].help_text = TURNED_OFF if is_off else ""
            if is_off:
                self.initial[name] = False

    def _keep(self) -> None:
        self.fields["privacy_level"].required = False
        self.fields["privacy_level"].choices = list(PRIVACY_LABELS.items())  # type: ignore[attr-defined]
        for name in ("privacy_level", *INTERACTIONS):
            self.fields[name].widget = forms.HiddenInput()

    def clean_caption(self) -> str:
        """Left as it was, it stays as it is stored: the API may have been sent other line breaks."""
        caption: str = self.cleaned_data["caption"]
        stored: str = self.initial.get("caption", "")
        return stored if caption == with_line_feeds(stored) else caption

    def clean_timezone(self) -> str:
        """A program that sends the form may leave it out."""
        return self.cleaned_data["timezone"] or self.zone

    def clean(self) -> dict[str, Any]:
        """A disclosure without a choice is an error, as TikTok requires, and so is "at a time" without a time."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not data.get("disclose"):
            data["brand_organic"] = data["brand_content"] = False
        elif not (data.get("brand_organic") or data.get("brand_content")):
            self.add_error(
                "disclose",
                _("You need to indicate if your content promotes yourself, a third party, or both."),
            )
        if data.get("when") == "later" and not data.get("publish_at") and "publish_at" not in self.errors:
            self.add_error("publish_at", _("Choose a date and time."))
        return data

    @property
    def kept_privacy(self) -> str:
        """What had been chosen, in words, while nothing can be offered."""
        return str(PRIVACY_LABELS.get(self["privacy_level"].value() or "", ""))

    @property
    def kept_interactions(self) -> list[str]:
        """The labels of those that had been allowed."""
        return [str(self[name].label) for name in INTERACTIONS if self[name].value()]

    @property
    def is_branded(self) -> bool:
        """Whether the branded content's words stand under the button."""
        return bool(self["brand_content"].value())

    @property
    def wants_time(self) -> bool:
        """Whether the post is for later."""
        return bool(self.cleaned_data["when"] == "later")

    def plan(self) -> Plan:
        """The chosen time; as it was stored if it reads the same, since the form shows neither seconds nor offset."""
        data = self.cleaned_data
        if not self.wants_time or not data.get("publish_at"):
            return NO_PLAN
        chosen = Plan(data["publish_at"].isoformat(timespec="seconds"), data["timezone"])
        return self.stored_plan if _as_shown(chosen) == _as_shown(self.stored_plan) else chosen

    def options(self) -> PostOptions:
        """What was chosen, for the rules and the services."""
        data = self.cleaned_data
        cover = data.get("cover_s")
        return PostOptions(
            **{name: data[name] for name in SENT_AS_THEY_ARE},
            cover_timestamp_ms=None if cover is None else int(cover * 1000),
        )


def _as_shown(plan: Plan) -> tuple[str, str]:
    return plan.local[:MINUTE_CHARS], plan.zone


def initial_from(post: Post) -> dict[str, Any]:
    """The form's values of an existing post; its time in the zone it was planned in."""
    cover = post.cover_timestamp_ms
    values: dict[str, Any] = {name: getattr(post, name) for name in SENT_AS_THEY_ARE}
    first = post.items.first()
    plan = stored_plan_of(post)
    return values | {
        "seen": version_of(post),
        "media": first.media_id if first else None,
        "cover_s": None if cover is None else cover / 1000,
        "disclose": post.brand_organic or post.brand_content,
        "when": "later" if plan.local else "now",
        "publish_at": plan.local[:MINUTE_CHARS] or None,
    }


def stored_plan_of(post: Post) -> Plan:
    """The time that the post has, or as a draft remembers."""
    return plan_of(post.publish_local, post.publish_zone, post.publish_at)
