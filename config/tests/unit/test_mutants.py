"""The table of mutants matches the code: changing a line that it breaks requires changing the table."""

import importlib
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[3]


@pytest.fixture
def mutants(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return list(importlib.import_module("mutant_table").MUTANTS)


def test_each_mutant_breaks_one_place(mutants: list[Any]) -> None:
    places = {
        (mutant.name, edit.path): (ROOT / edit.path).read_text().count(edit.old)
        for mutant in mutants
        for edit in mutant.edits
    }
    assert {place: count for place, count in places.items() if count != 1} == {}


def test_each_mutant_has_a_name_of_its_own_and_tests_that_exist(mutants: list[Any]) -> None:
    names = [mutant.name for mutant in mutants]
    assert sorted(set(names)) == sorted(names)
    files = {test.partition("::")[0] for mutant in mutants for test in mutant.tests}
    assert [file for file in sorted(files) if not (ROOT / file).is_file()] == []
