"""Accessibility findings of the page that is open, by axe-core."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

VENDOR: Final = Path(__file__).with_name("vendor")
RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice")
RUN: Final = """async (rules) => {
  const answer = await axe.run(document, { runOnly: rules, resultTypes: ["violations"] });
  const place = (node) => node.target.join(" ") + " — " + node.failureSummary;
  return answer.violations.map(({ id, help, nodes }) => ({ id, help, where: nodes.map(place) }));
}"""


@cache
def source() -> str:
    """axe-core, if it is what was taken from its publisher."""
    (entry,) = json.loads((VENDOR / "vendor.json").read_text())
    for name, digest in entry["files"].items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest, name
    return (VENDOR / f"axe-core-{entry['version']}" / "axe.min.js").read_text()


def findings(page: Page) -> list[str]:
    """One line per rule that is broken, with the places. Evaluated from outside the page, so its CSP stays on."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(source())
    violations: list[dict[str, Any]] = page.evaluate(RUN, list(RULES))
    return [f"{item['id']}: {item['help']}: {'; '.join(item['where'])}" for item in violations]
