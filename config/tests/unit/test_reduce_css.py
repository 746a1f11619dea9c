"""scripts/reduce_css.py keeps the rules that pages can match, and nothing else."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[3]


@pytest.fixture
def reduce_css(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    found: Callable[..., str] = importlib.import_module("reduce_css").reduce_css
    return found


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        ("p{margin:0}", "p{margin:0}"),
        (".btn{color:red}.card{color:blue}", ".btn{color:red}"),
        (".btn,.card,a .btn:hover{color:red}", ".btn,a .btn:hover{color:red}"),
        (".card .btn{color:red}", ""),
        (":not(.card)+.btn{color:red}", ":not(.card)+.btn{color:red}"),
        (".btn:is(.card,p){color:red}", ""),
        ("@media print{.btn{color:red}.card{color:blue}}", "@media print{\n.btn{color:red}\n}"),
        ("@media print{.card{color:blue}}", ""),
        ("[data-bs-theme=dark] .btn{color:red}", "[data-bs-theme=dark] .btn{color:red}"),
        ("[data-bs-theme-base=slate]{color:red}", ""),
        (".btn{background:url(\"data:image/svg+xml,<a style='{;}'/>\")}", None),
        ("/* note {} */.btn{color:red}", ".btn{color:red}"),
    ],
)
def test_only_rules_that_can_match_are_kept(reduce_css: Callable[..., str], css: str, kept: str | None) -> None:
    assert reduce_css(css, {"btn"}).strip() == (css if kept is None else kept)


def test_custom_property_that_nothing_reads_is_dropped(reduce_css: Callable[..., str]) -> None:
    css = ":root{--a:1;--b:var(--a);--c:2;--d:3}.btn{width:var(--b)}"

    assert reduce_css(css, {"btn"}, "p{width:var(--d)}").strip() == (
        ":root{--a:1;--b:var(--a);--d:3}\n.btn{width:var(--b)}"
    )


def test_keyframes_stay_while_an_animation_names_them(reduce_css: Callable[..., str]) -> None:
    css = "@keyframes turn{to{rotate:1turn}}@keyframes pulse{to{opacity:0}}.btn{animation:turn 1s}"

    assert reduce_css(css, {"btn"}).strip() == "@keyframes turn{to{rotate:1turn}}\n.btn{animation:turn 1s}"


def test_licence_comment_stays(reduce_css: Callable[..., str]) -> None:
    assert reduce_css("/*! MIT */p{margin:0}", set()) == "/*! MIT */\np{margin:0}\n"
