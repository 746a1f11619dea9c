"""The forms of composing and rescheduling; ``rules`` decides what TikTok accepts."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes.forms import SafeModelChoiceField

from core.jobs.clock import read_db_now
from core.text import with_line_feeds
from core.web.fields import LinesField
from instances.forms import zone_choices
from tiktok.api.types import CreatorInfo
from tiktok.models import Media, MediaKind, MediaType, Post, PostMode
from tiktok.posts import schedule
from tiktok.posts.queries import files_of, version_of
from tiktok.posts.rules import OPTION_FIELDS, PostOptions, check_options
from tiktok.posts.schedule import NO_PLAN, Plan, TimeRefused, plan_of
from tiktok.posts.way_options import options_taken, text_limit
from tiktok.posts.web.photos import PhotosField
from tiktok.posts.web.quick_times import QuickTime, quick_times

PRIVACY_LABELS = {
    "PUBLIC_TO_EVERYONE": _("Everyone"),
    "MUTUAL_FOLLOW_FRIENDS": _("Friends"),
    "FOLLOWER_OF_CREATOR": _("Followers"),
    "SELF_ONLY": _("Only me"),
}
WHEN = [("now", _("Now")), ("later", _("Later"))]
TURNED_OFF = _("This account has turned it off in TikTok.")
DISCLOSE_PHOTOS = _("Turn on if these photos promote yourself, a brand, a product or a service.")
CHOOSE_TIME = _("Choose a date and time.")
MISSING: Final = {MediaType.VIDEO: _("Choose a video."), MediaType.PHOTO: _("Choose at least one photo.")}
# The form's name of a field that is called otherwise elsewhere; None: it has none, so the error goes above the form.
FORM_FIELDS: Final[dict[str, str | None]] = {
    "cover_timestamp_ms": "cover_s",
    "photo_cover_index": "photos",
    "timezone": "publish_at",
    "account": None,
    "consent": None,
}
MINUTE_CHARS = len("2026-11-21T18:00")
INTERACTIONS = ("allow_comment", "allow_duet", "allow_stitch")
CONVERTED: Final = frozenset({"cover_timestamp_ms", "photo_cover_index"})
SENT_AS_THEY_ARE = tuple(name for name in OPTION_FIELDS if name not in CONVERTED)
# The form's fields of the options that TikTok does not take with every kind of post, and with every mode.
FIELDS_OF_OPTIONS: Final[Mapping[str, str]] = {
    "title": "title", "caption": "caption", "cover_timestamp_ms": "cover_s", "privacy_level": "privacy_level",
    "allow_comment": "allow_comment", "allow_duet": "allow_duet", "allow_stitch": "allow_stitch",
    "auto_add_music": "auto_add_music", "brand_organic": "brand_organic", "brand_content": "brand_content",
    "is_aigc": "is_aigc",
}  # fmt: skip


class WallTimeField(forms.DateTimeField):
    """A naive date and time: the chosen zone is applied to it later."""

    is_conditional = True  # needed with "Later", so never called optional

    def to_python(self, value: Any) -> datetime | None:
        """Return a naive time. Django would read it in the page's zone, where it might not exist."""
        with timezone.override(UTC):
            read = super().to_python(value)
        return read.replace(tzinfo=None) if read else None


class ConditionalChoiceField(forms.ChoiceField):
    """A choice that some of the form's buttons need, so that it is never called optional."""

    is_conditional = True


class PlanForm(forms.Form):
    """A wall time and its zone."""

    publish_at = WallTimeField(
        label=_("Date and time"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"required": CHOOSE_TIME},
    )
    timezone = ConditionalChoiceField(label=_("Time zone"), required=False)

    def __init__(self, *args: Any, zone: str, stored_plan: Plan = NO_PLAN, **kwargs: Any) -> None:
        """``zone`` is preselected; ``stored_plan``: the post's time, kept exactly unless the person changes it."""
        super().__init__(*args, **kwargs)
        self.zone, self.stored_plan = zone, stored_plan
        self.next_valid: datetime | None = None
        names = zone_choices(zone)
        is_gone = zone not in settings.ZONE_DATA.names  # it stays until another is chosen; no post is published by it
        gone = [(zone, zone)] if is_gone else []
        self.fields["timezone"].choices = [*gone, *names]  # type: ignore[attr-defined]
        self.fields["timezone"].initial = zone

    @property
    def quick_times(self) -> list[QuickTime]:
        """Times to choose with one click."""
        return quick_times(read_db_now(), self.zone)

    def clean_timezone(self) -> str:
        """Return the chosen zone, or the preselected one if the field was not sent."""
        return self.cleaned_data["timezone"] or self.zone

    def plan(self) -> Plan:
        """Return the chosen time; the stored one if it reads the same, since the form has no seconds or offset."""
        data = self.cleaned_data
        chosen = Plan(data["publish_at"].isoformat(timespec="seconds"), data["timezone"])
        return self.stored_plan if _as_shown(chosen) == _as_shown(self.stored_plan) else chosen


class PostForm(PlanForm):
    """One video, or photos, for one account. Choices and disabled boxes come from fresh creator info.

    TikTok requires this, and that nothing is offered without it (docs/tiktok.md, section 11): earlier choices are then
    sent along in hidden fields, for a draft or another attempt. So are those that TikTok does not take for the chosen
    kind of media and mode: they count again when the person goes back, and never for a post that does not take them.
    """

    field_order = (
        "submit_key", "seen", "media_type", "mode", "media", "photos", "cover", "title", "caption", "cover_s",
        "privacy_level", *INTERACTIONS, "auto_add_music", "disclose", "brand_organic", "brand_content", "is_aigc",
        "when", "publish_at", "timezone", "repeat_ok",
    )  # fmt: skip

    submit_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    media_type = forms.ChoiceField(label=_("Media"), choices=MediaType.choices, required=False)
    mode = forms.ChoiceField(label=_("Destination"), choices=PostMode.choices, required=False)
    photos = PhotosField(label=_("Photos"), required=False)
    cover = forms.CharField(widget=forms.HiddenInput, required=False)
    title = forms.CharField(label=_("Title"), required=False, strip=False, max_length=360)
    caption = LinesField(
        label=_("Caption"), required=False, strip=False, max_length=16000, widget=forms.Textarea(attrs={"rows": 5})
    )
    cover_s = forms.DecimalField(
        label=_("Cover time (seconds)"),
        required=False,
        min_value=0,
        max_value=600,
        decimal_places=3,
        help_text=_("TikTok uses this moment of the video as its cover. Leave it empty to use the first frame."),
    )
    privacy_level = ConditionalChoiceField(label=_("Audience"), error_messages={"required": _("Choose an audience.")})
    allow_comment = forms.BooleanField(label=_("Comment"), required=False)
    allow_duet = forms.BooleanField(label=_("Duet"), required=False)
    allow_stitch = forms.BooleanField(label=_("Stitch"), required=False)
    disclose = forms.BooleanField(
        label=_("Disclose promotional content"),
        required=False,
        help_text=_("Turn on if this video promotes yourself, a brand, a product or a service."),
    )
    brand_organic = forms.BooleanField(
        label=_("Your brand"), required=False, help_text=_("You are promoting yourself or your own business.")
    )
    brand_content = forms.BooleanField(
        label=_("Branded content"), required=False, help_text=_("You are promoting another brand or a third party.")
    )
    auto_add_music = forms.BooleanField(
        label=_("Add music automatically"),
        required=False,
        help_text=_("TikTok chooses the music. It can be changed later in the TikTok app."),
    )
    is_aigc = forms.BooleanField(label=_("Made with AI"), required=False)
    when = forms.ChoiceField(label=_("When"), choices=WHEN, initial="now", widget=forms.RadioSelect)
    repeat_ok = forms.BooleanField(label=_("Post this file to this account again"), required=False)

    def __init__(
        self,
        *args: Any,
        creator: CreatorInfo | None,
        zone: str,
        app_audited: bool | None = None,
        can_pull: bool | None = None,
        stored_plan: Plan = NO_PLAN,
        **kwargs: Any,
    ) -> None:
        """``creator``: what TikTok offers, None if that is not known; the others as in ``check_options``."""
        super().__init__(*args, zone=zone, stored_plan=stored_plan, **kwargs)
        self.creator, self.app_audited, self.can_pull = creator, app_audited, can_pull
        self.kind = MediaType(self._chosen("media_type", MediaType.VIDEO, MediaType.values))
        self.destination = PostMode(self._chosen("mode", PostMode.DIRECT_POST, PostMode.values))
        self.taken = options_taken(self.kind, self.destination)
        self.is_to_publish = self.data.get("action") == "publish"
        self.field_at_fault = ""  # where the post that this one replaces was wrong
        self.fields["publish_at"].required = False  # ``clean`` requires it with "Later"
        # Content is looked up where the form is made: a queryset at class level would have no scope.
        self.fields["media"] = SafeModelChoiceField(Media.objects.none(), label=_("Video"), required=False)
        videos = Media.objects.filter(deleted_at=None, kind=MediaKind.VIDEO)
        self.fields["media"].queryset = videos  # type: ignore[attr-defined]
        self.fields["media"].error_messages["invalid_choice"] = _("This video has been deleted. Choose another one.")
        # A draft may leave it open; TikTok allows no default, so a post to be published must say it.
        self.fields["privacy_level"].required = self.is_to_publish
        if creator:
            self._offer(creator)
        else:
            self._keep()
        self._hide_untaken()
        for field in self.fields.values():
            field.widget.attrs["form"] = "composer"  # the page has an upload form in the middle of this one
        self.order_fields(self.field_order)

    def _chosen(self, name: str, otherwise: str, known: list[str]) -> str:
        value = self.data.get(name) if self.is_bound else self.initial.get(name)
        return value if value in known else otherwise

    def _hide_untaken(self) -> None:
        """Send along what TikTok does not take now, for when the person chooses otherwise again."""
        if self.is_photo_post:
            self.fields["caption"].label = _("Description")
            self.fields["disclose"].help_text = _(
                "Turn on if these photos promote yourself, a brand, a product or a service."
            )
        untaken = {field for option, field in FIELDS_OF_OPTIONS.items() if option not in self.taken}
        untaken |= {"disclose"} if "brand_organic" in untaken else set()
        self.untaken = tuple(name for name in self.field_order if name in untaken)
        for name in self.untaken:
            self.fields[name].widget = forms.HiddenInput()
            self.fields[name].required = False

    @property
    def is_photo_post(self) -> bool:
        """Return whether the post is to have photos."""
        return self.kind == MediaType.PHOTO

    @property
    def is_direct(self) -> bool:
        """Return whether Clipdesk is to publish the post; otherwise it becomes a draft in the TikTok inbox."""
        return self.destination == PostMode.DIRECT_POST

    @property
    def is_video_draft(self) -> bool:
        """Return whether everything but the video is chosen in TikTok's app."""
        return not self.taken

    @property
    def kept_fields(self) -> list[forms.BoundField]:
        """Return the fields that are sent along without being shown."""
        return [self[name] for name in self.untaken]

    @property
    def caption_limit(self) -> int:
        """Return the most UTF-16 units of the caption or description."""
        return text_limit("caption", self.kind)

    @property
    def title_limit(self) -> int:
        """Return the most UTF-16 units of the title."""
        return text_limit("title", self.kind)

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
        """Return the stored caption if only its line breaks differ: the API keeps those it was sent."""
        caption: str = self.cleaned_data["caption"]
        stored: str = self.initial.get("caption", "")
        return stored if caption == with_line_feeds(stored) else caption

    def clean(self) -> dict[str, Any]:
        """Find every error in one round: of the fields, of the rules (``check_options``) and of the time."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for name in self.untaken:
            self.errors.pop(name, None)
        if "disclose" in self.untaken or not data.get("disclose"):
            data["brand_organic"] = data["brand_content"] = False
        elif not (data.get("brand_organic") or data.get("brand_content")):
            self.add_error(
                "disclose",
                _("You need to indicate if your content promotes yourself, a third party, or both."),
            )
        if data.get("when") == "later":
            self._check_time()
        if self.is_to_publish and (self.creator or not self.is_direct):
            self._check_rules()
        return data

    def _check_time(self) -> None:
        if "publish_at" in self.errors:
            return
        if not self.cleaned_data.get("publish_at"):
            self.add_error("publish_at", CHOOSE_TIME)
        elif self.is_to_publish and "timezone" not in self.errors:
            try:
                schedule.refuse_unless_ahead(schedule.from_plan(self.plan()), read_db_now())
            except TimeRefused as error:
                self.next_valid = error.next_valid
                self.add_error("publish_at", error.user_message)

    def _check_rules(self) -> None:
        problems = check_options(
            self.options(),
            files=self.chosen_files(),
            creator=self.creator,
            app_audited=self.app_audited,
            can_pull=self.can_pull,
            intended=self.kind,
        )
        refused = set(self.errors)  # of several problems of the photos each is named
        for problem in problems:
            name = self.names_of_fields.get(problem.field, problem.field)
            if name not in refused:
                self.add_error(name, MISSING[self.kind] if problem.code == "media_missing" else problem.message)

    @property
    def names_of_fields(self) -> Mapping[str, str | None]:
        """Return the form's names of fields that are called otherwise elsewhere; None: the form has none."""
        return FORM_FIELDS | {"media": "photos"} if self.is_photo_post else FORM_FIELDS

    @property
    def kept_privacy(self) -> str:
        """The earlier choice in words, while nothing can be offered."""
        return str(PRIVACY_LABELS.get(self["privacy_level"].value() or "", ""))

    @property
    def kept_interactions(self) -> list[str]:
        """The labels of the interactions that were on."""
        return [str(self[name].label) for name in INTERACTIONS if self[name].value()]

    @property
    def is_branded(self) -> bool:
        """Whether the consent includes the Branded Content Policy."""
        return bool(self["brand_content"].value())

    @property
    def wants_time(self) -> bool:
        """Whether "Later" is chosen."""
        return bool(self.cleaned_data.get("when") == "later")

    def plan(self) -> Plan:
        """Return the chosen time; none for "Now"."""
        return super().plan() if self.wants_time and self.cleaned_data.get("publish_at") else NO_PLAN

    def chosen_files(self) -> list[Media]:
        """Return the chosen video, or the photos in their order."""
        if self.is_photo_post:
            return list(self.cleaned_data.get("photos") or [])
        video = self.cleaned_data.get("media")
        return [video] if video else []

    def options(self) -> PostOptions:
        """Return what was chosen of what TikTok takes; fields with an error count as empty."""
        data = self.cleaned_data
        chosen = {name: data[name] for name in SENT_AS_THEY_ARE if name in data and name in self.taken}
        cover_s = data.get("cover_s")
        if cover_s is not None and "cover_timestamp_ms" in self.taken:
            chosen["cover_timestamp_ms"] = int(cover_s * 1000)
        if "photo_cover_index" in self.taken:
            ids = [str(photo.pk) for photo in self.chosen_files()]
            chosen["photo_cover_index"] = ids.index(data["cover"]) if data.get("cover") in ids else 0
        return PostOptions(mode=self.destination.value, **chosen)


def _as_shown(plan: Plan) -> tuple[str, str]:
    return plan.local[:MINUTE_CHARS], plan.zone


def initial_from(post: Post) -> dict[str, Any]:
    """Return the form's values of a post, with its time in the zone it was planned in."""
    cover = post.cover_timestamp_ms
    values: dict[str, Any] = {name: getattr(post, name) for name in SENT_AS_THEY_ARE}
    plan = stored_plan_of(post)
    return (
        values
        | initial_files(post)
        | {
            "seen": version_of(post),
            "cover_s": None if cover is None else cover / 1000,
            "disclose": post.brand_organic or post.brand_content,
            "when": "later" if plan.local else "now",
            "publish_at": plan.local[:MINUTE_CHARS] or None,
        }
    )


def initial_files(post: Post) -> dict[str, Any]:
    """Return the form's values of a post's files."""
    files = files_of(post)
    has_photo_text = bool(post.title or post.auto_add_music)  # a draft without files does not know its kind otherwise
    if post.media_type != MediaType.PHOTO and not (has_photo_text and not files):
        return {"media_type": MediaType.VIDEO.value, "media": files[0].pk if files else None}
    ids = [media.pk for media in files]
    cover = ids[post.photo_cover_index] if post.photo_cover_index < len(ids) else None
    return {"media_type": MediaType.PHOTO.value, "photos": ids, "cover": cover}


def stored_plan_of(post: Post) -> Plan:
    """Return the time that the post has, or that a draft remembers."""
    return plan_of(post.publish_local, post.publish_zone, post.publish_at)
