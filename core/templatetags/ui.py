"""Template tags of the components: icons, times, states, avatars, sizes and form fields."""

from __future__ import annotations

import zlib
from datetime import datetime
from functools import lru_cache

from allauth.account.adapter import get_adapter
from django import template
from django.conf import settings
from django.contrib.auth import get_user_model
from django.forms import BoundField, CheckboxInput
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.sizes import size_text
from core.web import browser_names, times
from core.web.looks import look_of

register = template.Library()

SPRITE = "vendor/tabler-icons-3.51.0/sprite.svg"
FACES = 4
LIVE_STYLES = ("relative", "day")  # styles of a time that change with the day


@register.simple_tag
@lru_cache(maxsize=1024)  # a page of cards has hundreds of the same few
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """Render an icon of the sprite; hidden from screen readers unless it has a ``label``."""
    voice = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon {}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-linecap="round"'
        ' stroke-linejoin="round" focusable="false" {}><use href="{}#{}"></use></svg>',
        css,
        voice,
        static(SPRITE),
        name,
    )


@register.simple_tag
def time(value: datetime | None, style: str = "relative", empty: str = "–") -> SafeString | str:
    """``<time>`` in the active zone, with zone, offset and UTC on hover.

    ``style``: "relative" ("Today 18:00", by script "in 5 min" within the hour), "day" ("Today 18:00", never
    "in 5 min"), "full" ("Mon 30 Nov, 18:00", for the middle of a sentence), "clock" ("18:00").
    """
    if not value:
        return empty
    local = timezone.localtime(value)
    is_live = style in LIVE_STYLES and times.may_change_today(local)
    return _time_element(
        local, style, is_live, (str(local.tzinfo), local.utcoffset(), timezone.localdate(), get_language())
    )


# Lists show the same times again and again; ``_key`` is what the texts depend on beside the moment.
@lru_cache(maxsize=4096)
def _time_element(local: datetime, style: str, is_live: bool, _key: tuple[object, ...]) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}"{}>{}</time>',
        local.isoformat(timespec="seconds"),
        times.full_text(local),
        _live_attributes(local, style) if is_live else "",
        _time_text(local, style),
    )


def _time_text(local: datetime, style: str) -> str:
    if style == "clock":
        return times.clock_text(local)
    return times.day_text(local) if style in LIVE_STYLES else times.date_text(local)


def _live_attributes(local: datetime, style: str) -> SafeString:
    """Return the values that time.js needs to update this time when the day changes."""
    return format_html(
        ' data-when="{}" data-zone="{}" data-clock="{}" data-date="{}" data-dated="{}"',
        style,
        str(local.tzinfo),
        times.clock_text(local),
        times.short_date_text(local),
        times.dated_text(local),
    )


@register.simple_tag
def time_words() -> SafeString:
    """Pass the translated patterns to time.js, once in each page's head."""
    patterns = times.day_patterns()
    return format_html(
        '<meta name="time-words" data-yesterday="{}" data-today="{}" data-tomorrow="{}"'
        ' data-soon="{}" data-ago="{}" data-now="{}">',
        patterns[-1],
        patterns[0],
        patterns[1],
        # Translators: a time less than an hour ahead; "min" stands for minutes.
        _("in %(count)s min"),
        # Translators: a time less than an hour ago; "min" stands for minutes.
        _("%(count)s min ago"),
        _("Just now"),
    )


@register.simple_tag
def status_badge(state: str, label: str = "", percent: int | None = None) -> SafeString:
    """Render a state of an account or a post; ``label`` replaces its text, ``percent`` follows it."""
    return _badge(state, _plain(label or look_of(state).label), percent)


@register.simple_tag
def status_dot(state: str, label: str = "") -> SafeString:
    """Render the dot beside a name, with its text for screen readers and on hover."""
    return _dot(state, _plain(label or look_of(state).label))


@register.simple_tag
def avatar(url: str | None, name: str, size: str = "") -> SafeString:
    """Render a round picture or the initials of ``name``, decorative; ``size``: "sm", "" or "lg"."""
    return _face(url or "", _plain(name), size)


def _plain(text: object) -> str:
    """Return text that is escaped when it is rendered, even if it was marked safe: it is a key of the caches below."""
    return str(text) + ""


# Lists show the same few again and again, and rendering a template costs a hundred times what finding one costs.
@lru_cache(maxsize=1024)
def _badge(state: str, label: str, percent: int | None) -> SafeString:
    look = look_of(state)
    moving = look.icon in {"loader-2", "refresh"}
    context = {"look": look, "label": label, "percent": percent, "moving": moving, "state": state}
    return render_to_string("components/status_badge.html", context)


@lru_cache(maxsize=1024)
def _dot(state: str, label: str) -> SafeString:
    return render_to_string("components/status_dot.html", {"tone": look_of(state).tone, "label": label})


@lru_cache(maxsize=1024)
def _face(url: str, name: str, size: str) -> SafeString:
    words = [word for word in name.split() if word[0].isalnum()] or [name or "?"]
    initials = words[0][0] + (words[-1][0] if len(words) > 1 else "")
    context = {"url": url, "initials": initials, "size": size, "hue": zlib.crc32(name.encode()) % FACES}
    return render_to_string("components/avatar.html", context)


@register.simple_tag
def file_size(size_bytes: int | None) -> str:
    """Return "72.4 MB"; a dash if the size is not known."""
    return "–" if size_bytes is None else size_text(size_bytes)


@register.simple_tag
def field(bound: BoundField) -> SafeString:
    """Render one form field: label above, help below, errors at it, linked for screen readers."""
    return bound.as_field_group()


@register.simple_tag(takes_context=True)
def signup_is_open(context: template.Context) -> bool:
    """Return whether this visitor may create an account; an invitation may open what is closed to others."""
    return bool(get_adapter(context["request"]).is_open_for_signup(context["request"]))


@register.simple_tag(takes_context=True)
def new_accounts(context: template.Context) -> str:
    """Return how this visitor gets an account: "open" (here), "first" (none exists yet), "invite" or "closed"."""
    if signup_is_open(context):
        return "open"
    return str(settings.SIGNUP) if get_user_model().objects.exists() else "first"


@register.simple_tag
def signup_is_closed() -> bool:
    """Return whether only the operator makes accounts, so that invitations need one."""
    return bool(settings.SIGNUP == "closed")


@register.simple_tag
def mail_is_configured() -> bool:
    """Return whether emails are really sent."""
    return bool(settings.EMAIL_URL)


@register.filter
def browser_name(user_agent: str) -> str:
    """Return "Firefox on Windows"; empty if neither browser nor system is known."""
    return browser_names.browser_name(user_agent)


@register.filter
def is_checkbox(bound: BoundField) -> bool:
    """Return whether the field is a checkbox, whose label follows it."""
    return isinstance(bound.field.widget, CheckboxInput)


@register.filter
def message_tone(tags: str) -> str:
    """Return the tone of a Django message from its level tag."""
    tones = {"success": "good", "warning": "warn", "error": "bad", "debug": "neutral"}
    return next((tones[tag] for tag in str(tags).split() if tag in tones), "accent")


@register.filter
def tone_icon(tone: str) -> str:
    """Return the icon of a tone, so that colour is never the only sign."""
    icons = {"good": "circle-check", "warn": "alert-triangle", "bad": "alert-octagon"}
    return icons.get(str(tone), "info-circle")
