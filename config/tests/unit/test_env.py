"""Secrets that the embedded product makes for itself."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from config import env


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "secrets" / "mine"


def while_writing(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Do something just before what was written is safe on the disk."""
    real = os.fsync

    def fsync(descriptor: int) -> None:
        act()
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)


def test_a_secret_is_there_as_a_whole_or_not_at_all(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    while_writing(monkeypatch, lambda: seen.append(path.exists()))
    made = env.stored_secret(path.parents[1], "mine")

    assert (seen, len(made)) == ([False], 64)
    assert (path.read_text(), path.stat().st_mode & 0o777) == (made, 0o600)
    assert list(path.parent.iterdir()) == [path]


def test_who_comes_second_takes_the_secret_of_the_first(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    while_writing(monkeypatch, lambda: path.write_text("the first"))

    assert env.stored_secret(path.parents[1], "mine") == "the first"
    assert list(path.parent.iterdir()) == [path]
