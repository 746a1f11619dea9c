"""Find sentences that a translator could not translate: cut around a tag, glued from parts, or not translatable at all.

Usage: python scripts/sentences.py. Prints file:line and the fault; exit code 1 when it finds any.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
TOKEN: Final = re.compile(r"(<!--.*?-->|<code\b.*?</code>|<(?:{%.*?%}|{{.*?}}|[^>])*>|{%.*?%}|{{.*?}}|{#.*?#})", re.S)
# Comments, and blocks whose content is an attribute.
UNREAD: Final = re.compile(
    r"{% comment %}.*?{% endcomment %}|{% block (?:\w+_attrs|\w+_class)\b.*?%}.*?{% endblock.*?%}", re.S
)
BLOCK_TRANSLATE: Final = re.compile(r"{% blocktranslate\b(.*?)%}(.*?){% endblocktranslate %}", re.S)
BLOCK: Final = re.compile(r"{% block (\d+) %}")
ENDS: Final = re.compile(r"{%\s*(?:elif|else|for|endfor|empty|block|endblock|include)\b")
STRING: Final = re.compile(r"""^{%\s*translate\s+(?:"([^"]*)"|'([^']*)')""")
# Tags that do not end a line of text.
INLINE: Final = frozenset(
    "a abbr b bdi bdo cite code em i kbd mark q s small span strong sub sup time u".split()  # noqa: SIM905 - as read
)
GETTEXT: Final = frozenset(
    {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy", "npgettext"}
)
# Names and terms that are the same in every language.
NO_TEXT: Final = re.compile(r"&\w+;|@[\w.]+|\b(?:Clipdesk|TikTok|Ctrl|log_id|px)\b")
# What takes a sentence for people, by its name: the refusals of core/web/refusals.py and what derives from them.
REFUSALS: Final = frozenset(
    [
        "ApiProblem",
        "CreatorInfoUnavailable",
        "FieldError",
        "IdempotencyConflict",
        "InvalidTransition",
        "MediaError",
        "NotAllowed",
        "QuotaReached",
        "Refused",
        "StaleState",
        "TimeRefused",
        "UserRefusal",
        "ValidationError",
    ]
)
LETTERS: Final = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True)
class Fault:
    """A fault at a line of a file."""

    file: str
    line: int
    what: str


def faults_of_template(name: str, text: str) -> Iterator[Fault]:
    """Yield where parts, or a part and a variable, make one sentence, and where text is not translated."""
    parts: list[Part] = []
    for part in [*_parts(text, is_text=name.endswith(".txt")), Part(0, "end", "")]:
        if part.kind != "end":
            parts.append(part)
        else:
            yield from _faults_of_line(name, parts)
            parts = []


@dataclass(frozen=True)
class Part:
    """A piece of one line of text: ``kind`` is "translated", "value", "plain" or "end" (of the line)."""

    line: int
    kind: str
    text: str


def _parts(text: str, *, is_text: bool) -> Iterator[Part]:
    text = UNREAD.sub(_newlines, text)
    blocks = BLOCK_TRANSLATE.findall(text)
    numbers = iter(range(len(blocks)))
    # A block may be in an attribute: the tag has to be seen as one.
    text = BLOCK_TRANSLATE.sub(lambda found: f"{{% block {next(numbers)} %}}{_newlines(found)}", text)
    line = 1
    for token in TOKEN.split(text):
        if found := BLOCK.match(token):
            options, said = blocks[int(found[1])]
            if " asvar " not in options:
                yield Part(line, "translated", said)
        elif is_text and token.isspace() and "\n" in token:
            yield Part(line, "end", "")
        else:
            yield from _part(token, line)
        line += token.count("\n")


def _newlines(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")


def _part(token: str, line: int) -> Iterator[Part]:
    if token.startswith("<") and not token.startswith("<code"):
        name = re.match(r"</?\s*([\w-]+)", token)
        kind, text = ("" if name and name[1].lower() in INLINE else "end"), ""
    elif found := STRING.match(token):
        kind, text = ("" if " as " in token[found.end() :] else "translated"), found[1] or found[2] or ""
    elif token.startswith(("{", "<code")):
        kind, text = _kind_of_tag(token), token
    else:
        kind, text = ("plain" if token.strip() else ""), token
    if kind:
        yield Part(line, kind, text)


def _kind_of_tag(token: str) -> str:
    if token.startswith(("{{", "{% time ", "<code")):
        return "value"
    return "end" if ENDS.match(token) else ""


def _faults_of_line(name: str, parts: list[Part]) -> Iterator[Fault]:
    for before, part in zip([None, *parts], parts, strict=False):
        if part.kind == "plain" and LETTERS.search(NO_TEXT.sub("", part.text)):
            yield Fault(name, part.line, f"not translatable: {part.text.strip()[:60]!r}")
        if part.kind == "translated" and before and before.kind in {"translated", "value"} and _goes_on(part.text):
            yield Fault(name, part.line, f"cut: {part.text.strip()[:60]!r} continues what is before it")
        if part.kind in {"value", "translated"} and before and before.kind == "translated" and _is_open(before.text):
            yield Fault(name, part.line, f"cut: {before.text.strip()[:60]!r} continues in what follows")


def _goes_on(text: str) -> bool:
    first = text.lstrip()[:1]
    return first.islower() or first in {",", ".", ";", ")"}


def _is_open(text: str) -> bool:
    return (text.rstrip()[-1:] in {",", ":", "("} and bool(LETTERS.search(text))) or text.endswith(" ")


def faults_of_python(name: str, source: str) -> Iterator[Fault]:
    """Yield where a translated string is added to another, or put into an f-string with words of its own."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and _has_gettext(node.left, node.right):
            yield Fault(name, node.lineno, "glued: a translated string is added to another")
        if isinstance(node, ast.Call) and _says_in_english(node):
            yield Fault(name, node.lineno, "not translatable: people and programs read this refusal")
        if isinstance(node, ast.JoinedStr) and _has_words(node) and _has_gettext(*_values(node)):
            yield Fault(name, node.lineno, "glued: a translated string inside an f-string with words")


def _says_in_english(node: ast.Call) -> bool:
    """Tell whether a refusal is given a sentence that is not translated."""
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    said = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
    return name in REFUSALS and any(isinstance(text, str) and " " in text for text in said)


def _values(node: ast.JoinedStr) -> list[ast.expr]:
    return [value.value for value in node.values if isinstance(value, ast.FormattedValue)]


def _has_words(node: ast.JoinedStr) -> bool:
    said = "".join(str(value.value) for value in node.values if isinstance(value, ast.Constant))
    return bool(LETTERS.search(said))


def _has_gettext(*nodes: ast.expr) -> bool:
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in GETTEXT for node in nodes
    )


def main() -> int:
    """Return how many faults there are, at most 1."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True)
    faults: list[Fault] = []
    for name in listed.stdout.split():
        if not (ROOT / name).is_file() or "/tests/" in name:
            continue
        if name.startswith("templates/") and name.endswith((".html", ".txt")):
            faults += faults_of_template(name, (ROOT / name).read_text())
        elif name.endswith(".py"):
            faults += faults_of_python(name, (ROOT / name).read_text())
    for fault in faults:
        sys.stdout.write(f"{fault.file}:{fault.line}: {fault.what}\n")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
