"""Every file of static/vendor/ is listed with its licence and hash, and unchanged."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
VENDOR = ROOT / "static" / "vendor"
LISTED: list[dict[str, Any]] = json.loads((VENDOR / "vendor.json").read_text())
HASHES: dict[str, str] = {name: digest for entry in LISTED for name, digest in entry["files"].items()}


@pytest.mark.parametrize("name", sorted(HASHES))
def test_vendored_file_has_the_recorded_hash(name: str) -> None:
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == HASHES[name]


def test_every_vendored_file_is_listed() -> None:
    files = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()}

    assert files == {*HASHES, "vendor.json"}


@pytest.mark.parametrize("entry", LISTED, ids=lambda entry: entry["name"])
def test_vendored_package_names_version_licence_and_source(entry: dict[str, Any]) -> None:
    folder = f"{entry['name']}-{entry['version']}"

    assert entry["licence"]
    assert entry["source"].endswith(f"@{entry['version']}")
    assert f"{folder}/LICENSE" in entry["files"]
    assert {name.split("/")[0] for name in entry["files"]} == {folder}


def test_vendored_files_refer_to_no_other_file() -> None:
    texts = {path: path.read_text() for path in VENDOR.rglob("*") if path.suffix in {".css", ".js"}}

    assert [path.name for path, text in texts.items() if "sourceMappingURL" in text] == []
    referred = [
        url
        for path, text in texts.items()
        if path.suffix == ".css"
        for url in re.findall(r"url\(['\"]?([^'\"]{5})", text)
    ]
    assert set(referred) == {"data:"}


def test_vendored_files_that_templates_use_exist() -> None:
    templates = [*(ROOT / "templates").rglob("*.html"), ROOT / "core" / "templatetags" / "ui.py"]
    used = {name for path in templates for name in re.findall(r"vendor/[\w./-]+", path.read_text())}

    assert used
    assert [name for name in used if not (ROOT / "static" / name).is_file()] == []
