"""The posts and their times, from the seed alone."""

import random
from dataclasses import dataclass

from tiktok.tests.chaos.options import Options

MB = 1024 * 1024
SMALL_FILES, LARGE_FILES = 40, 12
# So many of a hundred posts have two or three chunks, and so many are scheduled.
LARGE_SHARE, SCHEDULED_SHARE = 0.25, 0.2
# The rest are uploads. Of each account's posts every fifth is a draft, so that none has more than TikTok's five.
PULL_SHARE, PHOTO_SHARE = 0.25, 0.15
DRAFT_EVERY = 5
PHOTO_FILES, MOST_PHOTOS = 12, 4


@dataclass(frozen=True)
class PlannedPost:
    """One post; ``file`` and ``account`` are places in the world's lists, ``after_s`` is 0 for "at once".

    ``photos`` are places, too; without them it is a video, which TikTok downloads if ``is_pull``.
    """

    caption: str
    account: int
    file: int
    photos: tuple[int, ...]
    is_pull: bool
    is_draft: bool
    privacy_level: str
    after_s: float


@dataclass(frozen=True)
class Plan:
    """The files' contents by size, and the posts in the order in which they are submitted."""

    sizes: list[int]
    posts: list[PlannedPost]


def make_plan(options: Options) -> Plan:
    """The same plan for the same options."""
    dice = random.Random(f"plan/{options.seed}")
    sizes = [dice.randrange(20_000, 300_000) for _ in range(SMALL_FILES)]
    sizes += [dice.randrange(10 * MB, 16 * MB) for _ in range(LARGE_FILES)]
    order = [number % options.accounts for number in range(options.posts)]
    posts = [_post(dice, options, number, account) for number, account in enumerate(order)]
    return Plan(sizes, posts)


def _post(dice: random.Random, options: Options, number: int, account: int) -> PlannedPost:
    is_large = dice.random() < LARGE_SHARE
    turn = number // options.accounts  # no account gets the same file twice
    file = SMALL_FILES + (account + turn) % LARGE_FILES if is_large else (account + turn) % SMALL_FILES
    kind = dice.random()
    is_photo = kind < PHOTO_SHARE
    count = dice.randrange(1, MOST_PHOTOS + 1)
    return PlannedPost(
        caption=f"chaos {options.seed}-{number:05d}",
        account=account,
        file=file,
        photos=tuple(dice.sample(range(PHOTO_FILES), count)) if is_photo else (),
        is_pull=kind < PHOTO_SHARE + PULL_SHARE,
        is_draft=(account + turn) % DRAFT_EVERY == 0,
        privacy_level=dice.choice(["PUBLIC_TO_EVERYONE", "SELF_ONLY"]),
        after_s=dice.uniform(10, 40) if dice.random() < SCHEDULED_SHARE else 0,
    )
