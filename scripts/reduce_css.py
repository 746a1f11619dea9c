"""Reduce a stylesheet to the rules that pages can match: for static/vendor/, used by scripts/vendor.py."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

#: A comment, a string, a bracketed argument such as ``url(data:…)``, a brace or a semicolon.
PIECES: Final = re.compile(r"/\*.*?\*/|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|url\([^)\"']*\)|[{};]", re.DOTALL)
CLASS: Final = re.compile(r"\.(-?[_a-zA-Z][\w-]*(?:\\.[\w-]*)*)")
VARIABLE: Final = re.compile(r"var\(\s*(--[\w-]+)")
GROUPS: Final = ("@media", "@supports")
#: Tabler's theme settings, which Clipdesk does not set, and parts that only Tabler's scripts create.
NEVER_MATCHED: Final = re.compile(r"\[data-bs-theme-|\[data-bs-(?!theme)|\[data-countup|\[data-vc|\[class[*^]=")


@dataclass(frozen=True)
class Block:
    """``head`` before the braces; ``body`` holds blocks (of a group) or declarations."""

    head: str
    body: tuple[Block, ...] | str

    def __str__(self) -> str:
        if isinstance(self.body, str):
            return f"{self.head}{{{self.body}}}"
        return "\n".join((f"{self.head}{{", *map(str, self.body), "}"))


def reduce_css(css: str, classes: Iterable[str], more: str = "") -> str:
    """Keep what elements, states and ``classes`` can match, one rule per line.

    Custom properties stay when the result, or the stylesheet ``more`` that is loaded beside it, reads them.
    """
    licence = next(iter(re.findall(r"/\*!.*?\*/", css, re.DOTALL)), "")
    blocks = tuple(_matching(parse(css), frozenset(classes)))
    while True:
        text = "\n".join(map(str, blocks))
        read = frozenset(VARIABLE.findall(text + more))
        fewer = tuple(_needed(blocks, read, text))
        if fewer == blocks:
            return f"{licence}\n{text}\n"
        blocks = fewer


def parse(css: str) -> tuple[Block, ...]:
    """Split a stylesheet into its blocks; comments and statements without a block (``@charset``) are left out."""
    blocks, at = [], 0
    while (opened := _next(css, at, "{")) is not None:
        head = re.sub(r"/\*.*?\*/", "", css[at:opened], flags=re.DOTALL).rpartition(";")[2].strip()
        closed = _closing(css, opened)
        inner = css[opened + 1 : closed]
        blocks.append(Block(head, parse(inner) if head.startswith(GROUPS) else inner.strip()))
        at = closed + 1
    return tuple(blocks)


def selectors(head: str) -> list[str]:
    """Split a list of selectors at the commas outside brackets."""
    return [part.strip() for part in re.split(r",(?![^()]*\))", head)]


def declarations(body: str) -> list[str]:
    """Split declarations at the semicolons outside strings and addresses."""
    ends = [match.start() for match in PIECES.finditer(body) if match[0] == ";"]
    starts = [0, *(end + 1 for end in ends)]
    return [part for start, end in zip(starts, [*ends, len(body)], strict=True) if (part := body[start:end].strip())]


def _next(css: str, at: int, piece: str) -> int | None:
    return next((match.start() for match in PIECES.finditer(css, at) if match[0] == piece), None)


def _closing(css: str, opened: int) -> int:
    depth = 0
    for match in PIECES.finditer(css, opened):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return match.start()
    raise ValueError(f"a block is not closed: {css[opened : opened + 40]}")


def _matching(blocks: Iterable[Block], classes: frozenset[str]) -> Iterator[Block]:
    for block in blocks:
        if not isinstance(block.body, str):
            if inner := tuple(_matching(block.body, classes)):
                yield Block(block.head, inner)
        elif block.head.startswith("@"):
            yield block
        elif kept := [one for one in selectors(block.head) if _can_match(one, classes)]:
            yield Block(",".join(kept), block.body)


def _can_match(selector: str, classes: frozenset[str]) -> bool:
    positive = re.sub(r":not\([^()]*(?:\([^()]*\)[^()]*)*\)", "", selector)
    return not NEVER_MATCHED.search(positive) and set(CLASS.findall(positive)) <= classes


def _needed(blocks: Iterable[Block], read: frozenset[str], text: str) -> Iterator[Block]:
    for block in blocks:
        if not isinstance(block.body, str):
            if inner := tuple(_needed(block.body, read, text)):
                yield Block(block.head, inner)
        elif block.head.startswith("@"):
            if _is_named(block.head, read, text):
                yield block
        elif kept := [one for one in declarations(block.body) if not one.startswith("--") or _name(one) in read]:
            yield Block(block.head, ";".join(kept))


def _is_named(head: str, read: frozenset[str], text: str) -> bool:
    kind, _, name = head.partition(" ")
    if kind == "@property":
        return name in read
    if kind in ("@keyframes", "@-webkit-keyframes"):
        return bool(re.search(rf"animation(?:-name)?:[^;}}]*\b{re.escape(name)}\b", text))
    return True


def _name(declaration: str) -> str:
    return declaration.partition(":")[0].strip()
