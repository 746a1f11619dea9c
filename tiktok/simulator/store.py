"""One SQLite file that keeps the world across restarts; in memory when nothing is to be kept."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar


class Store:
    """Rows of JSON by table and key. Callers hold the world's lock."""

    def __init__(self, path: Path | None) -> None:
        self._db = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
        # The file survives a killed process, which is all a simulator promises.
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.execute("CREATE TABLE IF NOT EXISTS items (kind TEXT, key TEXT, value TEXT, PRIMARY KEY (kind, key))")

    def is_new(self) -> bool:
        return self._db.execute("SELECT 1 FROM items LIMIT 1").fetchone() is None

    def load(self, kind: str) -> list[Any]:
        rows = self._db.execute("SELECT value FROM items WHERE kind = ? ORDER BY rowid", (kind,))
        return [json.loads(value) for (value,) in rows]

    def save(self, kind: str, key: str, value: object) -> None:
        self._db.execute(
            "INSERT INTO items VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            (kind, key, json.dumps(value)),
        )

    def remove(self, kind: str, key: str) -> None:
        self._db.execute("DELETE FROM items WHERE kind = ? AND key = ?", (kind, key))

    def clear(self) -> None:
        self._db.execute("DELETE FROM items")

    def close(self) -> None:
        self._db.close()


class Keyed(Protocol):
    """A dataclass with a key."""

    @property
    def key(self) -> str: ...


T = TypeVar("T", bound=Keyed)


class Table(Generic[T]):
    """All items of one kind, in memory and in the store."""

    def __init__(self, store: Store, name: str, make: Callable[..., T]) -> None:
        self._store = store
        self._name = name
        self._items: dict[str, T] = {}
        known = {field.name for field in fields(make)}  # type: ignore[arg-type]
        for row in store.load(name):
            # A file of an earlier version may hold fields that have gone.
            item = make(**{field: value for field, value in row.items() if field in known})
            self._items[item.key] = item

    def get(self, key: str) -> T | None:
        return self._items.get(key)

    def all(self) -> list[T]:
        return list(self._items.values())

    def save(self, item: T) -> T:
        self._items[item.key] = item
        self._store.save(self._name, item.key, asdict(item))  # type: ignore[call-overload]
        return item

    def remove(self, item: T) -> None:
        if self._items.pop(item.key, None) is not None:
            self._store.remove(self._name, item.key)

    def forget(self) -> None:
        """Empty the memory; the store is cleared as a whole."""
        self._items.clear()
