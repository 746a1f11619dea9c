"""The options of a run."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass

# A 429 closes an endpoint for more than a minute, longer than a small run should take.
RATE_LIMITS_FROM_POSTS = 300


@dataclass(frozen=True)
class Options:
    """One run. Shares are of all posting requests; times are in seconds."""

    posts: int
    seed: int
    setup: str
    freeze: bool
    workers: int
    threads: int
    accounts: int
    kill_every_s: float
    lease_s: int
    before: float
    after: float
    slow: float
    pulls: float
    webhooks: float
    flushes: int
    timeout_s: float
    tell: int

    @property
    def has_rate_limits(self) -> bool:
        """Whether 429s are among the faults."""
        return self.posts >= RATE_LIMITS_FROM_POSTS

    def __str__(self) -> str:
        return " ".join(f"{name}={value}" for name, value in asdict(self).items())


def parse(arguments: Sequence[str]) -> Options:
    """Options from the command line; 0 accounts and 0 seconds mean "as fits the number of posts"."""
    parser = argparse.ArgumentParser(prog="python -m tiktok.tests.chaos", description="The laboratory.")
    parser.add_argument("--posts", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--setup", choices=["embedded", "services"], default="embedded")
    parser.add_argument(
        "--freeze", type=int, choices=[0, 1], default=0, help="also stop workers for longer than a lease"
    )
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--threads", type=int, default=12, help="of each worker")
    parser.add_argument("--accounts", type=int, default=0)
    parser.add_argument("--kill-every-s", type=float, default=2.0)
    parser.add_argument("--lease-s", type=int, default=4)
    parser.add_argument("--before", type=float, default=0.05, help="share of faults before the act")
    parser.add_argument("--after", type=float, default=0.05, help="share of faults after the act")
    parser.add_argument("--slow", type=float, default=0.3, help="share of slow requests, so that kills meet them")
    parser.add_argument("--pulls", type=float, default=0.1, help="share of downloads that TikTok makes oddly")
    parser.add_argument("--webhooks", type=float, default=0.1, help="share of webhooks that come oddly, or never")
    parser.add_argument("--flushes", type=int, default=5, help="how often Redis forgets everything (services)")
    parser.add_argument("--timeout-s", type=float, default=0)
    parser.add_argument("--tell", type=int, default=0, help="print the stories of so many slowest posts, too")
    found = vars(parser.parse_args(arguments))
    found["accounts"] = found["accounts"] or default_accounts(found["posts"])
    found["timeout_s"] = found["timeout_s"] or default_timeout_s(found["posts"], found["pulls"])
    return Options(**found | {"freeze": bool(found["freeze"])})


def default_timeout_s(posts: int, pulls: float) -> float:
    """After a failed download the next one waits for up to ten minutes."""
    return 180 + 1.2 * posts + (660 if pulls else 0)


def default_accounts(posts: int) -> int:
    """Ten posts each in a large run; fewer in a small one, since an account's inits are limited to six a minute."""
    return max(1, posts // 10 if posts >= RATE_LIMITS_FROM_POSTS else posts // 3)
