"""The demo's state between two starts, in ``demo.json`` beside its data (0600)."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, Self

from core.serving.address import free_port
from core.serving.prepare import DEMO_MARK

WORDS: Final = (
    *("amber", "basil", "cedar", "delta", "ember", "fjord", "grove", "heron"),
    *("iris", "juniper", "kelp", "larch", "maple", "north", "ochre", "pine"),
)


def random_password() -> str:
    """Return a password that is easy to type and hard to guess."""
    return "-".join([*(secrets.choice(WORDS) for _ in range(3)), str(secrets.randbelow(900_000) + 100_000)])


@dataclass
class Home:
    """The demo's directory, its login, and the finished parts of its story."""

    directory: Path
    email: str = "demo@example.com"
    password: str = field(default_factory=random_password)
    port: int = 8000
    simulator_port: int = 8010
    api_key: str = ""
    media: dict[str, str] = field(default_factory=dict)
    is_told: bool = False

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Read the state, or begin again; the ports are those of last time if they are still free."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = directory / DEMO_MARK
        kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        home = cls(directory, **kept)
        home.port, home.simulator_port = free_port(home.port), free_port(home.simulator_port)
        home.save()
        return home

    def save(self) -> None:
        """Write the file at once."""
        fresh = self.directory / f"{DEMO_MARK}.new"
        content = {name: value for name, value in asdict(self).items() if name != "directory"}
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2)
        fresh.replace(self.directory / DEMO_MARK)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def simulator_url(self) -> str:
        return f"http://127.0.0.1:{self.simulator_port}"

    @property
    def log(self) -> Path:
        """Return the log file of the demo's processes."""
        return self.directory / "demo.log"
