"""The checker reports text that translators cannot translate, and nothing else."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"

WHOLE = [
    '<p>{% translate "Saved." %}</p>',
    "<p>{% blocktranslate with name=user.name %}Welcome, <strong>{{ name }}</strong>.{% endblocktranslate %}</p>",
    '<dt>{% translate "Posts" %}</dt><dd>{{ count }}</dd>',
    '<a title="{% translate "Open" %}">{% icon "x" %}{% translate "Details" %}</a>',
    '<span>{{ name }}</span> <span>{% translate "Owner" %}</span>',
    "<code>manage.py up</code>",
    "{% block main_class %}wide{% endblock %}",
    '{% translate "one of" as name %}{% blocktranslate asvar text %}of two{% endblocktranslate %}',
    "<p>&middot; Clipdesk</p>",
]
CUT = [
    '<p>{% translate "Read the" %} <a href="/">{% translate "terms" %}</a></p>',
    '<p>{{ count }} {% translate "unread" %}</p>',
    '<p>{% translate "Signed in as:" %} {{ name }}</p>',
    '<p>{% time at %} <span class="muted">{% translate "renews itself" %}</span></p>',
    '<p>{% blocktranslate %}Invited by{% endblocktranslate %} {{ name }}{% translate ", the owner" %}</p>',
    '<p>{% translate "Saved" %}{% if more %} {% translate "and published" %}{% endif %}</p>',
]
PLAIN = ["<p>Saved.</p>", "<button>{% icon 'x' %} Close</button>", "<p>{{ count }} posts</p>"]


@pytest.fixture
def sentences(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return import_module("sentences")


@pytest.mark.parametrize("template", WHOLE)
def test_whole_sentences_are_left_alone(sentences: Any, template: str) -> None:
    assert list(sentences.faults_of_template("page.html", template)) == []


@pytest.mark.parametrize("template", CUT)
def test_cut_sentence_is_found(sentences: Any, template: str) -> None:
    assert [fault.what.partition(":")[0] for fault in sentences.faults_of_template("page.html", template)] == ["cut"]


@pytest.mark.parametrize("template", PLAIN)
def test_untranslated_text_is_found(sentences: Any, template: str) -> None:
    (fault,) = sentences.faults_of_template("page.html", f"<div>\n{template}</div>")

    assert fault.what.startswith("not translatable")
    assert fault.line == 2


@pytest.mark.parametrize(
    "source",
    [
        "ApiProblem(409, 'used', 'The link was used.')",
        "_('Posts') + _('of today')",
        "f\"{_('Posts')} of today\"",
        "_('Posts: ') + str(count)",
    ],
)
def test_glued_or_english_sentence_is_found(sentences: Any, source: str) -> None:
    assert [fault.line for fault in sentences.faults_of_python("page.py", source)] == [1]


@pytest.mark.parametrize(
    "source",
    [
        "ApiProblem(409, 'used', _('It was used.'))",
        "_('%(count)s posts') % {'count': n}",
        "f\"{_('Posts')} · {name}\"",
        "1 + n",
    ],
)
def test_whole_python_sentence_is_left_alone(sentences: Any, source: str) -> None:
    assert list(sentences.faults_of_python("page.py", source)) == []
