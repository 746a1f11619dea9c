"""The options of a run."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class StormOptions:
    """Processes, tokens that live ``life_s``, and posts for ``seconds``; ``shared`` of the users are linked twice."""

    setup: str
    seed: int
    workers: int
    threads: int
    lease_s: int
    life_s: int
    seconds: int
    users: int
    shared: int

    def __str__(self) -> str:
        return _as_text(self)


@dataclass(frozen=True)
class KillOptions:
    """So many processes die in the middle of a refresh; then so many workers continue."""

    setup: str
    seed: int
    workers: int
    threads: int
    lease_s: int
    kills: int

    def __str__(self) -> str:
        return _as_text(self)


def _as_text(options: StormOptions | KillOptions) -> str:
    return " ".join(f"{name}={value}" for name, value in asdict(options).items())


def parse(arguments: Sequence[str]) -> StormOptions | KillOptions:
    """``storm …`` or ``kills …``; 0 users means "as fits the number of workers"."""
    parser = argparse.ArgumentParser(prog="python -m tiktok.tests.tokens", description="The laboratory of tokens.")
    kinds = parser.add_subparsers(dest="kind", required=True)
    storm, kills = kinds.add_parser("storm"), kinds.add_parser("kills")
    for kind, workers in ((storm, 4), (kills, 1)):
        kind.add_argument("--setup", choices=["embedded", "services"], default="embedded")
        kind.add_argument("--seed", type=int, default=1)
        kind.add_argument("--workers", type=int, default=workers)
        kind.add_argument("--threads", type=int, default=6, help="of each worker")
        kind.add_argument("--lease-s", type=int, default=30)
    storm.add_argument("--life-s", type=int, default=10, help="of an access token")
    storm.add_argument("--seconds", type=int, default=60, help="until the last post is submitted")
    storm.add_argument("--users", type=int, default=0)
    storm.add_argument("--shared", type=int, default=0, help="users that are linked in two instances")
    kills.add_argument("--kills", type=int, default=200)
    found = vars(parser.parse_args(arguments))
    if found.pop("kind") == "kills":
        return KillOptions(**found)
    users = found["users"] or max(6, found["workers"] * 3 // 4)
    return StormOptions(**found | {"users": users, "shared": found["shared"] or max(1, users // 3)})
