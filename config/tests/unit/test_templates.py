"""Templates obey the Content-Security-Policy and use icons and classes that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.web.looks import registered_looks

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.html"))
NAMES = [str(path.relative_to(ROOT / "templates")) for path in TEMPLATES]
SYMBOLS = set(
    re.findall(r'<symbol id="([\w-]+)"', next((ROOT / "static/vendor").glob("tabler-icons-*/sprite.svg")).read_text())
)

STYLESHEETS = [*(ROOT / "static/css").glob("*.css"), *(ROOT / "static/vendor").rglob("*.css")]
STYLED = {
    name
    for path in STYLESHEETS
    for name in re.findall(r"\.(-?[_a-zA-Z][\w-]*)", re.sub(r"url\([^)]*\)", "", path.read_text()))
}
OF_DJANGO_ADMIN = {"breadcrumbs", "vLargeTextField"}
TAG = re.compile(r"[\w-]*(?:{%.*?%}|{{.*?}})[\w-]*", re.DOTALL)
COMMENT = re.compile(r"{#.*?#}|{% comment %}.*?{% endcomment %}", re.DOTALL)
CLASSES = re.compile(r'\sclass="((?:[^"{]|{%.*?%}|{{.*?}})*)"', re.DOTALL)

FORBIDDEN = {
    "an inline style": r"\sstyle\s*=",
    "a style element": r"<style\b",
    "an inline handler": r"\son[a-z]+\s*=\s*[\"']",
    "an inline script": r"<script\b(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")",
    "hx-on": r"\shx-on",
    "an evaluated hx-vals or hx-headers": r"hx-(?:vals|headers)=[\"']js:",
    "a trigger filter": r"hx-trigger=\"[^\"]*\w\[(?!\{)",
    "a javascript: link": r"javascript:",
    "a file of another host": r"(?:src|<link[^>]*href)=\"(?:https?:)?//",
}


# A name that follows a tag, and any "@name": the other direction's text must not turn the line around them.
UNISOLATED = {
    "@name": r"(?<!<bdi>)@{{[^}]*}}",
    "name": r">(?<!<bdi>)\s*{{ [\w.]*\b(?:account|instance|tenant|media|upload|member)\.\w*(?:name|user) }}",
}
ISOLATES = re.compile(r"<option dir=\"auto\".*?</option>|\s[\w-]+=\"(?:[^\"{]|{%.*?%}|{{.*?}})*\"", re.DOTALL)


def test_templates_are_found() -> None:
    assert "base.html" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_template_has_nothing_that_the_csp_blocks(name: str) -> None:
    text = (ROOT / "templates" / name).read_text()

    assert [fault for fault, pattern in FORBIDDEN.items() if re.search(pattern, text)] == []


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("admin/")])
def test_names_are_isolated_from_text_of_the_other_direction(name: str) -> None:
    text = ISOLATES.sub("", COMMENT.sub("", (ROOT / "templates" / name).read_text()))

    assert [match[0] for pattern in UNISOLATED.values() for match in re.finditer(pattern, text)] == []


@pytest.mark.parametrize("name", NAMES)
def test_icons_of_template_are_in_the_sprite(name: str) -> None:
    text = (ROOT / "templates" / name).read_text()
    used = set(re.findall(r"{% icon \"([\w-]+)\"", text)) | set(
        re.findall(r"(?:icon_name|action_icon)=\"([\w-]+)\"", text)
    )

    assert used - SYMBOLS == set()


def test_icons_of_states_are_in_the_sprite() -> None:
    used = {look.icon for look in registered_looks().values()}

    assert len(used) > 20
    assert used - SYMBOLS == set()


@pytest.mark.parametrize("name", NAMES)
def test_classes_of_template_have_rules(name: str) -> None:
    """Only Tabler's classes in scripts/tabler.txt are shipped: add one there and run scripts/vendor.py."""
    text = re.sub(
        r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", (ROOT / "templates" / name).read_text(), flags=re.DOTALL
    )
    used = {word for classes in CLASSES.findall(text) for word in TAG.sub(" ", classes).split()}

    assert used - STYLED - OF_DJANGO_ADMIN == set()


def test_listed_classes_of_tabler_are_used_and_shipped() -> None:
    listed = set((ROOT / "scripts/tabler.txt").read_text().split())
    shipped = next((ROOT / "static/vendor").glob("tabler-[0-9]*/tabler.css")).read_text()
    sources = [*TEMPLATES, *(ROOT / "static/js").glob("*.js"), *(ROOT / "core").rglob("*.py")]
    text = "\n".join(path.read_text() for path in sources)

    assert {name for name in listed if not re.search(rf"\.{name}\b", shipped)} == set()
    assert {name for name in listed if not re.search(rf"(?<![\w-]){name}(?![\w-])", text)} == set()


def test_tabler_variables_that_our_styles_read_are_defined() -> None:
    text = "\n".join(path.read_text() for path in STYLESHEETS)
    read = set(
        re.findall(
            r"var\((--tblr-[\w-]+)\)", "\n".join(path.read_text() for path in STYLESHEETS if path.parent.name == "css")
        )
    )

    assert read
    assert read - set(re.findall(r"(--tblr-[\w-]+)\s*:", text)) == set()
