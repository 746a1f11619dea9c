"""The options that ``python -m tiktok.simulator`` and ``manage.py tiktok_simulator`` share."""

import argparse
from pathlib import Path

from tiktok.simulator.server import seed, serve
from tiktok.simulator.world import World


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; 0 picks a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on, for containers")
    parser.add_argument("--loopback", action="store_true", help="http on loopback counts as https")
    parser.add_argument("--state", type=Path, help="file that keeps users, grants and posts across restarts")
    parser.add_argument("--demo", action="store_true", help="make the demo app and users in an old file too")


def run(*, port: int, host: str, loopback: bool, state: Path | None, demo: bool) -> None:
    """Serve until SIGTERM or SIGINT."""
    world = World(state, loopback=loopback)
    seed(world, with_users=demo)
    serve(world, port=port, host=host)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tiktok.simulator", description="A simulated TikTok.")
    add_arguments(parser)
    run(**vars(parser.parse_args()))
