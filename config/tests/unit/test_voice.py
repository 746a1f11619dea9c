"""The checker of avoided words finds each kind of text, and nothing in code, comments and quoted names."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[3]

Find = Callable[[str, str], list[str]]


@pytest.fixture
def voice(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("voice")


@pytest.fixture
def find(voice: Any) -> Find:
    return lambda path, text: list(voice.find(path, text))


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("app/views.py", 'x = 1\ny = _("Nobody is here.")\n', 2),
        ("app/views.py", 'ngettext(\n    "%(n)d mend",\n    "%(n)d files",\n    n,\n)\n', 2),
        ("app/views.py", 'def act():\n    """Act.\n\n    Whatever happens,\n    it ends.\n    """\n', 4),
        ("app/views.py", '"""The post is\ntold."""\n', 2),
        ("app/commands.py", 'x = 1\nself.stdout.write(f"{n} posts wait for somebody.")\n', 2),
        ("app/commands.py", 'class Command:\n    help = "Encrypt anew."\n', 2),
        ("app/rest.py", 'limit = Field(\n    description="Whatever is left.",\n)\n', 2),
        ("app/tests/test_act.py", "\ndef test_nobody_acts(): ...\n", 2),
        ("templates/a.html", '<p>\n{% translate "Look anew" %}</p>', 2),
        ("templates/a.html", '\n{% include "b.html" with text=_("Nobody") %}', 2),
        ("templates/a.html", "<p>{% blocktranslate %}\nIt goes on{% endblocktranslate %}</p>", 2),
        ("templates/a.html", '<i\ntitle="Send again"></i>', 2),
        ("static/js/a.js", "const x = 1;\nconst text = `Nobody`;\n", 2),
        ("docs/a.md", "# A\n\nWhat a worker does.\n", 3),
        ("docs/a.md", "It does not run any more.\n", 1),
        ("app/views.py", '_("1 account may not publish")', 1),
    ],
)
def test_avoided_word_is_found_in_each_kind_of_text(find: Find, path: str, text: str, line: int) -> None:
    assert [hit.split(": ")[0] for hit in find(path, text)] == [f"{path}:{line}"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("app/views.py", '# Nobody\nnobody = {"nobody": act("nobody")}\n'),
        ("app/views.py", 'def act():\n    """Return ``whatever`` of the post."""\n'),
        ("app/tests/test_act.py", 'assert _("Nobody") == "Nobody"\n'),
        ("templates/a.html", '{# Nobody #}{% if nobody %}{{ nobody }}{% endif %}<i class="nobody" id="desk"></i>'),
        ("static/js/a.js", "// Nobody\nconst nobody = 1; /* nobody */\n"),
        ("docs/a.md", "Call `nobody()` or [this](#nobody):\n\n    nobody\n\n```\nnobody\n```\n"),
        ("docs/a.md", "What does it do? It stands for a post, with no more than one name.\n"),
        ("docs/a.md", "- There is no word, and it is no\n  longer one.\n"),
        ("static/css/a.css", "/* nobody */"),
    ],
)
def test_code_comments_and_quoted_names_are_not_searched(find: Find, path: str, text: str) -> None:
    assert find(path, text) == []


def test_hit_names_the_word_and_its_replacement(find: Find) -> None:
    assert find("docs/a.md", "Send it\nanew.") == ["docs/a.md:2: anew: again"]


def test_test_name_over_seventy_characters_is_reported(find: Find) -> None:
    names = ["test_" + "a" * 65, "test_" + "a" * 66]

    hits = find("app/tests/test_a.py", "".join(f"def {name}(): ...\n" for name in names))

    assert hits == ["app/tests/test_a.py:2: test name of 71 characters: at most 70"]


def test_each_exception_is_still_needed(voice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    exceptions = dict(voice.EXCEPTIONS)
    monkeypatch.setattr(voice, "EXCEPTIONS", {})
    found = {
        (path, hit.split(": ")[1].lower())
        for path in {path for path, _ in exceptions}
        for hit in voice.find(path, (ROOT / path).read_text())
    }
    assert set(exceptions) - found == set()


def test_edited_areas_contain_no_avoided_words(voice: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert voice.main([]) == 0, capsys.readouterr().out
