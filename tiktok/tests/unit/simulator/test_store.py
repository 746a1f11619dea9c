"""The world in its file, and the bytes of photos beside it."""

from pathlib import Path

from tiktok.simulator.entities import User
from tiktok.simulator.received import Shelf
from tiktok.simulator.store import Store, Table


def test_file_of_an_earlier_version_is_read_without_its_old_fields(tmp_path: Path) -> None:
    store = Store(tmp_path / "world.sqlite3")
    store.save("users", "maren", {"id": "maren", "username": "maren", "shoe_size": 42})

    assert Table(store, "users", User).all() == [User("maren", "maren")]
    store.close()


def test_shelf_drops_the_oldest_photos_first() -> None:
    shelf = Shelf(most_bytes=10)
    for number in range(3):
        shelf.put("p", number, bytes(4))
    shelf.put("p", 2, bytes(5))

    assert [shelf.get("p", number) for number in range(4)] == [None, bytes(4), bytes(5), None]
