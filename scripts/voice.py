"""Find words that Clipdesk's texts avoid, in everything that people and programmers read.

Reads user texts (gettext strings, templates, JavaScript strings), documents, docstrings and test names; prints
``file:line: word: use instead`` for each hit and exits with 1 if there is one. ``python scripts/voice.py PATH …``
checks only the files under these paths.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
LONGEST_TEST_NAME: Final = 70
_BREAK: Final = "\n"


@dataclass(frozen=True)
class Avoided:
    """An expression to avoid and its replacement; ``kinds`` are the texts it is searched in."""

    pattern: re.Pattern[str]
    instead: str
    kinds: frozenset[str]


@dataclass(frozen=True)
class Passage:
    """One piece of text: ``user``, ``docs``, ``docstring`` or ``test name``."""

    kind: str
    line: int
    text: str


EVERYWHERE: Final = frozenset({"user", "docs", "docstring", "test name"})
SENTENCES: Final = frozenset({"user", "docs", "docstring"})
USER: Final = frozenset({"user"})


def _avoid(pattern: str, instead: str, kinds: frozenset[str] = EVERYWHERE) -> Avoided:
    flags = re.IGNORECASE if pattern.islower() else re.NOFLAG
    return Avoided(re.compile(pattern.replace(" ", r"\s+"), flags), instead, kinds)


AVOIDED: Final = (
    # Rule 5 of the voice.
    _avoid(r"\b(?:some|no)body(?:'s|’s)?\b", "name the person: a team member, an admin, the operator; or no one"),
    _avoid(r"\bwho(?:m|se)?ever\b", "the person who, or name the role"),
    _avoid(r"\bwhatever\b", "any, or name it"),
    _avoid(r"\banew\b", "again"),
    _avoid(r"\bany ?more(?=[.,;:!?)]|\s*$)", "no longer"),
    _avoid(r"\b(?:goes|go|going|went) on\b(?! with\b)", "continues, proceeds"),
    _avoid(r"\bstands?\b(?! for\b)", "is, applies, or the exact verb"),
    _avoid(r"\b(?:is|are|was|were|be|been|being) told\b", "is notified, or say it actively"),
    _avoid(r"\bmend(?:s|ed|ing)?\b", "fix, repair"),
    _avoid(r"\bheed(?:s|ed|ing)?\b", "process, respect"),
    _avoid(r"\b(?:let|lets|letting) go\b", "release, discard"),
    _avoid(r"\blift(?:s|ed|ing)?\b", "clear, end"),
    _avoid(r"\b(?:last|tiktok's|tiktok’s|its|their) words?\b", "status, answer, term"),
    _avoid(r"\b(?:its|their|our) own doing\b", "by itself, or name the cause"),
    _avoid(r"\bmeanwhile\b", "in the meantime, while, or nothing"),
    _avoid(r"\bthereby\b", "so, by doing this"),
    _avoid(r"(?<!there\s)\b(?:is|are|was|were) no (?!\s|longer\b|more than\b|one\b)", "is not a …", SENTENCES),
    _avoid(r"(?:^|[.!?:#*-] |\n\n)(?:Who|What|Whose)\b(?![^.!?]*\?)", "start with the noun or the verb", SENTENCES),
    # The glossary of the voice, where a word can be looked for without false alarms.
    _avoid(r"\bsend again\b", "resend"),
    _avoid(r"\bset(?:s|ting)? aside\b", "dismiss"),
    _avoid(r"\bnotices?\b", "notification", USER),
    _avoid(r"\bmakers?\b", "created by"),
    _avoid(r"\blook into your e?-?mail\b", "check your email"),
    _avoid(r"\be-mail\w*\b", "email"),
    _avoid(r"\bmails?\b", "email", SENTENCES),
    _avoid(r"\b(?:permission|access) until\b", "authorization expires, access token expires"),
    _avoid(r"\bdesks?\b", "compute slot", EVERYWHERE - USER),
    _avoid(r"\bseats?\b", "compute slot"),
    _avoid(r"\bpoison(?:ed|ous)?\b", "dead-lettered"),
    _avoid(r"\blook(?:s|ed|ing)? again\b", "requeue, check again"),
    _avoid(r"\bpnr\b|\bpoint of no return\b", "commit point"),
    _avoid(r"\bonlookers?\b", "viewer"),
    _avoid(r"\bquarantined?\b", "publishing paused after a restore", USER),
    _avoid(r"\bwhose matter\b", "who can fix this"),
    _avoid(r"\bas my system\b", "system"),
    # Wordings that people had to decode.
    _avoid(r"\b(?:may|might) not publish\b", "can’t publish", USER),
    _avoid(r"\byou may not\b", "you don’t have access to, you can’t", USER),
    _avoid(r"\bpeople read under the video\b", "caption", USER),
    _avoid(r"\bwho may see\b|\ballow people to\b|\ballowed: nothing\b", "who can see this, allow, … are off", USER),
    _avoid(r"\b(?:linked|connected) already\b", "already connected", USER),
    _avoid(r"\bhow your team calls\b", "what your team calls", USER),
    _avoid(r"\bseveral with a comma\b", "separate with commas", USER),
    _avoid(r"\bkept nowhere\b", "it is shown only once", USER),
    _avoid(r"\bbears (?:the|its) name\b", "gets that name", USER),
    _avoid(r"\ball its posts\b|\ball the posts of it\b", "all posts", USER),
    _avoid(r"\bmake (?:an? )?(?:api )?(?:connect )?(?:links?|keys?|instances?)\b", "create …", USER),
    _avoid(r"\bstates of posts read\b|\bposting options read\b", "status checks, posting options", USER),
    _avoid(r"\bclock it lives\b", "time zone", USER),
    _avoid(r"\bwaits for its time\b|\bonly noted\b", "is scheduled, is only a note", USER),
    _avoid(r"\bjust moved on\b", "… changed this post at …", USER),
    _avoid(r"\bor choose them\b", "or browse", USER),
    _avoid(r"\badmin of everything\b", "admin (all instances)", USER),
    _avoid(r"\bto the start page\b", "go to Home", USER),
    _avoid(r"\bremember me\b|\btwo-factor authentication\b", "stay signed in, two-factor sign-in", USER),
)

# (file, matched words) -> why they stay.
EXCEPTIONS: Final[dict[tuple[str, str], str]] = {
    ("templates/components/quarantine.html", "quarantine"): "the name of the command",
    ("templates/tiktok/connect/_outcome.html", "who"): "“Who can fix this” is the glossary's term",
    ("tiktok/posts/findings.py", "quarantine"): "the name of the command",
}

GETTEXT: Final = frozenset(
    {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "_n"}
)
# Calls and arguments that show untranslated text: to operators in the terminal, to programmers in the API reference.
PRINTED: Final = frozenset(
    {"write", "say", "_say", "CommandError", "BadAddress", "ImproperlyConfigured", "KnownProblem"}
)
DESCRIBING: Final = frozenset({"help", "description", "summary"})
SHOWN_ATTRIBUTES: Final = r"(?:title|alt|placeholder|content|label|aria-\w+|data-[\w-]+)"


def find(path: str, text: str) -> Iterator[str]:
    """Yield a line of report for each avoided expression in the text of a file."""
    for passage in passages(path, text):
        for avoided in AVOIDED:
            if passage.kind in avoided.kinds:
                yield from _hits(path, passage, avoided)
        if passage.kind == "test name" and len(passage.text) > LONGEST_TEST_NAME:
            yield f"{path}:{passage.line}: test name of {len(passage.text)} characters: at most {LONGEST_TEST_NAME}"


def _hits(path: str, passage: Passage, avoided: Avoided) -> Iterator[str]:
    for match in avoided.pattern.finditer(passage.text):
        words = " ".join(match.group().split()).strip(".!?:#*- ")
        if (path, words.lower()) not in EXCEPTIONS:
            yield f"{path}:{passage.line + passage.text.count(_BREAK, 0, match.end())}: {words}: {avoided.instead}"


def passages(path: str, text: str) -> Iterable[Passage]:
    """Return what people read in a file; nothing for a file of another kind."""
    if path.endswith(".py"):
        return _python(text, is_test="/tests/" in path)
    if path.endswith(".md"):
        return [Passage("docs", 1, _without(r"```.*?```|`[^`\n]*`|\]\([^)]*\)|^ {4}.*$", text))]
    if path.startswith("templates/"):
        return _template(text)
    if path.endswith(".js"):
        return _javascript(text)
    return ()


def _python(text: str, *, is_test: bool) -> Iterator[Passage]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and not is_test and _name(node.func) in GETTEXT:
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield Passage("user", argument.lineno, argument.value)
        if not is_test:
            yield from _printed(node)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _docstring(node)
        if is_test and isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield Passage("test name", node.lineno, node.name.replace("_", " "))


def _printed(node: ast.AST) -> Iterator[Passage]:
    """Yield the literal texts that a call prints or that describe a command, an option or a part of the API."""
    shown: list[ast.expr] = []
    if isinstance(node, ast.Call):
        shown = list(node.args) if _name(node.func) in PRINTED else []
        shown += [keyword.value for keyword in node.keywords if keyword.arg in DESCRIBING]
    elif isinstance(node, ast.Assign) and any(_name(target) in DESCRIBING for target in node.targets):
        shown = [node.value]
    for value in shown:
        for part in value.values if isinstance(value, ast.JoinedStr) else [value]:
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield Passage("docs", part.lineno, part.value)


def _docstring(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Passage]:
    if (docstring := ast.get_docstring(node, clean=False)) is not None:
        yield Passage("docstring", node.body[0].lineno, _without(r"``[^`]*``", docstring))


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _template(text: str) -> Iterator[Passage]:
    text = _without(r"\{#.*?#\}|\{% comment.*?%\}.*?\{% endcomment %\}|<(script|style)\b.*?</\1>", text)
    for match in re.finditer(r"(?:\{% *translate +|\b_\()(\"[^\"]*\"|'[^']*')", text):
        yield Passage("user", _line(text, match.start(1)), match.group(1)[1:-1])
    text = _without(r"\{%.*?%\}|\{\{.*?\}\}", text)
    for match in re.finditer(SHOWN_ATTRIBUTES + r"=\"([^\"]*)\"", text):
        yield Passage("user", _line(text, match.start(1)), match.group(1))
    yield Passage("user", 1, _without(r"<[^>]*>", text))


def _javascript(text: str) -> Iterator[Passage]:
    text = _without(r"/\*.*?\*/|(?<![:\"'`])//[^\n]*", text)
    for match in re.finditer(r"\"([^\"\n]*)\"|'([^'\n]*)'|`([^`]*)`", text):
        yield Passage("user", _line(text, match.start()), next(filter(None, match.groups()), ""))


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _without(pattern: str, text: str) -> str:
    """Blank out what the pattern matches, keeping line breaks so that line numbers stay true."""
    flags = re.DOTALL if not pattern.endswith("$") else re.DOTALL | re.MULTILINE
    return re.sub(pattern, lambda match: re.sub(r"[^\n]", " ", match.group()), text, flags=flags)


def tracked_files(folders: list[str]) -> Iterator[str]:
    """Yield the tracked files under these paths; without paths, of every edited area."""
    command = ["git", "ls-files", "-co", "--exclude-standard", *folders]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for path in listed.stdout.splitlines():
        is_ours = "/vendor/" not in path and "/migrations/" not in path and (ROOT / path).is_file()
        if is_ours:
            yield path


def main(folders: list[str]) -> int:
    """Print the hits and return the exit code."""
    texts = ((path, (ROOT / path).read_text(errors="replace")) for path in tracked_files(folders))
    found = list(chain.from_iterable(find(path, text) for path, text in texts))
    sys.stdout.writelines(f"{line}\n" for line in found)
    sys.stdout.write(f"voice: {len(found)} to rephrase\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
