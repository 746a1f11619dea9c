"""Pairs of tokens meet WCAG AA in both themes: 4.5:1 for text, 3:1 for marks and borders of controls."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).resolve().parents[3] / "static" / "css" / "tokens.css").read_text()
TONES = ("good", "warn", "bad", "accent", "neutral")
TEXT = [
    *((ink, ground) for ink in ("ink", "muted", "neutral-ink") for ground in ("sheet", "canvas", "sunken")),
    *((f"{tone}-ink", ground) for tone in TONES for ground in (f"{tone}-wash", "sheet", "canvas", "sunken")),
    *(("ink", f"{tone}-wash") for tone in TONES),
    ("muted", "neutral-wash"),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("on-bad", "bad"),
    ("on-bad", "bad-hover"),
    *(("on-tile", f"tile-{number}") for number in range(8)),
]
MARKS = [
    *((tone, ground) for tone in ("good", "warn", "bad", "accent") for ground in ("sheet", "canvas", f"{tone}-wash")),
    ("line-strong", "sheet"),
    ("line-strong", "canvas"),
]


def tokens(theme: str) -> dict[str, str]:
    block = re.search(rf'\[data-bs-theme="{theme}"\] {{(.*?)}}', CSS, re.S)
    assert block
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block[1]))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("front", "ground", "least"), [*((*p, 4.5) for p in TEXT), *((*p, 3.0) for p in MARKS)])
def test_pair_of_tokens_has_enough_contrast(theme: str, front: str, ground: str, least: float) -> None:
    colours = tokens(theme)

    assert contrast(colours[front], colours[ground]) >= least


def test_both_themes_define_the_same_tokens() -> None:
    assert set(tokens("light")) == set(tokens("dark"))
