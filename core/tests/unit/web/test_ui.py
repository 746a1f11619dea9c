"""The template tags of the components."""

from __future__ import annotations

import re

import pytest
from django import forms
from django.template import Context, Template
from django.utils.safestring import mark_safe

from core.templatetags import ui


class Settings(forms.Form):
    name = forms.CharField(help_text="Shown in lists.")
    zone = forms.CharField(required=False)
    agreed = forms.BooleanField(label="I agree")


def rendered(text: str, **values: object) -> str:
    return Template("{% load ui %}" + text).render(Context(values))


def test_missing_time_is_a_dash() -> None:
    assert ui.time(None) == "–"


def test_name_cannot_break_out_of_an_icon() -> None:
    assert "<b>" not in ui.icon("x", label="<b>")


def test_status_is_said_by_tone_icon_and_word() -> None:
    html = rendered("{% status_badge 'failed' %}")

    assert "tone-bad" in html
    assert "#alert-octagon" in html
    assert "Failed" in html


def test_progress_follows_the_label() -> None:
    html = rendered("{% status_badge 'uploading' percent=0 %}")

    assert "0 %" in html


def test_state_from_the_future_is_unknown_and_does_not_fail() -> None:
    assert "Unknown" in rendered("{% status_badge 'teleported' %}")


@pytest.mark.parametrize(
    ("name", "initials"), [("Nordwind Coffee", "NC"), ("Bo", "B"), ("", "?"), ("  ", " "), ("🎬 Film", "F")]
)
def test_face_without_picture_shows_initials(name: str, initials: str) -> None:
    assert re.sub(r"<[^>]+>", "", ui.avatar(None, name)).removesuffix("\n") == initials


def test_label_rendered_as_safe_before_is_still_escaped() -> None:
    for text in (mark_safe("<b>"), "<b>"):
        assert "&lt;b&gt;" in ui.status_badge("active", text)
        assert "&lt;b&gt;" in ui.status_dot("active", text)
    assert "&lt;" in ui.avatar("", "<")


def test_unknown_size_is_a_dash_and_zero_is_zero() -> None:
    assert ui.file_size(None) == "–"
    assert ui.file_size(0) == "0\xa0bytes"


def test_field_ties_help_and_error_to_the_input() -> None:
    html = str(Settings({"agreed": "on"})["name"].as_field_group())

    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'id="id_name_helptext"' in html
    assert 'id="id_name_error"' in html


def test_form_with_errors_opens_with_a_summary_that_links_to_the_fields() -> None:
    html = str(Settings({}))

    assert html.index("data-error-summary") < html.index('id="id_name"')
    assert 'href="#id_agreed"' in html


def test_form_without_errors_has_no_summary() -> None:
    assert "data-error-summary" not in str(Settings())


def test_box_to_tick_has_its_label_behind_it() -> None:
    html = str(Settings()["agreed"].as_field_group())

    assert html.index("<input") < html.index("<label")


@pytest.mark.parametrize(
    ("tags", "tone"), [("success", "good"), ("extra error", "bad"), ("info", "accent"), ("", "accent")]
)
def test_message_has_a_tone(tags: str, tone: str) -> None:
    assert ui.message_tone(tags) == tone
