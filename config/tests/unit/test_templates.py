"""What the Content-Security-Policy and the icons ask of every template."""

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


def test_there_are_templates() -> None:
    assert "base.html" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_template_has_nothing_that_the_policy_blocks(name: str) -> None:
    text = (ROOT / "templates" / name).read_text()

    assert [fault for fault, pattern in FORBIDDEN.items() if re.search(pattern, text)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_template_uses_only_icons_of_the_sprite(name: str) -> None:
    text = (ROOT / "templates" / name).read_text()
    used = set(re.findall(r"{% icon \"([\w-]+)\"", text)) | set(
        re.findall(r"(?:icon_name|action_icon)=\"([\w-]+)\"", text)
    )

    assert used - SYMBOLS == set()


def test_the_states_use_only_icons_of_the_sprite() -> None:
    used = {look.icon for look in registered_looks().values()}

    assert len(used) > 20
    assert used - SYMBOLS == set()
