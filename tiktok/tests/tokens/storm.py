"""Many processes publish and poll, and every token lives for seconds."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from core.jobs.nudge import nudge
from instances.scoping import instance_scope, unscoped
from tiktok.api.types import CreatorInfo
from tiktok.models import Media, Post, TikTokAccount
from tiktok.posts import services
from tiktok.posts.consent import Consent
from tiktok.posts.creator import fetch_creator_info
from tiktok.posts.rules import PostOptions
from tiktok.tests.chaos import report
from tiktok.tests.chaos.crew import Worker, beat, hire
from tiktok.tests.chaos.lab import Setup
from tiktok.tests.chaos.storm import start_broker
from tiktok.tests.chaos.verdict import SETTLED
from tiktok.tests.jobs_process import wait_until
from tiktok.tests.simulator_process import Simulator
from tiktok.tests.tokens import evidence
from tiktok.tests.tokens.options import StormOptions
from tiktok.tests.tokens.world import MB, SEES_ALL, Place, empty_world, large_file, link, make_place, small_file

FILES: Final = 6
# A lane has so many posts at once; TikTok takes six inits of one user in a minute.
AT_ONCE: Final = 3
INIT_EVERY_S: Final = 11.0
LOOK_EVERY_S: Final = 0.5
SAY_EVERY_S: Final = 15.0
SETTLE_WITHIN_S: Final = 180.0
# On a slow line each chunk takes so long, and all of them longer than a token lives.
SLOW_CHUNK_S: Final = 6.0
LONGER_THAN_A_LIFE: Final = 1.5
# With so many users one of those that are linked twice has a slow line, too.
MANY_USERS: Final = 8


@dataclass
class Lane:
    """An account and what is posted to it, one after the other."""

    place: Place
    account: TikTokAccount
    creator: CreatorInfo
    files: list[Media]
    takes_s: float
    every_s: float
    next_at: float = 0
    count: int = 0

    def submit(self) -> tuple[str, str]:
        """As a person would; caption and SHA-256."""
        media = self.files[self.count % len(self.files)]
        self.count += 1
        options = PostOptions(caption=f"{self.account.name} {self.account.pk} {self.count}", privacy_level="SELF_ONLY")
        consent = Consent(self.place.editor, self.creator, "web", agreed=True)
        with instance_scope(self.place.instance):
            post, _ = services.submit_post(
                account=self.account,
                files=[media],
                options=options,
                actor=self.place.editor,
                consent=consent,
                when=None,
            )
        nudge("advance_post", post.pk)
        return options.caption, media.sha256


def run(options: StormOptions, scratch: Path, simulator: Simulator) -> bool:
    """Whether the run was clean. Prints as it goes."""
    report.say(f"token storm: {options}")
    lanes = _lanes(options, simulator)
    with at_work(options, scratch) as workers:
        report.say(f"{len(workers)} processes, {options.users} TikTok users, {len(lanes)} accounts; the storm begins")
        simulator.weather(
            options.seed, slow=0.5, slow_s=min(1.0, options.life_s / 10),
            endpoints=["token", "creator_info", "video_init", "status"],
        )  # fmt: skip
        began = time.monotonic()
        posts = _publish(lanes, options.seconds, began)
        seconds = time.monotonic() - began
    return evidence.verdict(options, posts, simulator, workers, seconds)


def _lanes(options: StormOptions, simulator: Simulator) -> list[Lane]:
    """The first users are linked in both instances; the last one's line is slow."""
    app = empty_world(simulator, access_lifetime_s=options.life_s)
    simulator.settings(processing_delay_s=6.0, moderation_delay_s=0.5)
    places = [make_place(number) for number in range(2)]
    slow = {options.users - 1} | ({0} if options.users >= MANY_USERS else set())
    chunks = int(options.life_s * LONGER_THAN_A_LIFE / SLOW_CHUNK_S) + 1
    small = {place: [small_file(place, number) for number in range(FILES)] for place in places}
    large = {place: [large_file(place, chunks)] for place in places}
    lanes = []
    for number in range(options.users):
        name, homes = f"user{number}", places if number < options.shared else [places[number % 2]]
        takes_s = len(homes) * (chunks + 2) * SLOW_CHUNK_S if number in slow else 0
        if takes_s:
            simulator.fault("slow", "upload", user=name, times=-1, bytes_per_s=5 * MB / SLOW_CHUNK_S)
        for place in homes:
            account = link(simulator, app, place, name)
            files, every_s = (large if takes_s else small)[place], len(homes) * INIT_EVERY_S
            lanes.append(Lane(place, account, _creator(account), files, takes_s, every_s))
    return lanes


def _creator(account: TikTokAccount) -> CreatorInfo:
    with instance_scope(account.instance):
        return fetch_creator_info(account)


@contextmanager
def at_work(options: Setup, scratch: Path) -> Iterator[list[Worker]]:
    """Run the sweep in all processes; none is ever left behind."""
    with ExitStack() as stack:
        if options.setup == "services":
            start_broker(scratch, stack)
            stack.callback(beat(scratch).start().close)
        workers = hire(options, scratch)
        for worker in workers:
            worker.start()
            stack.callback(worker.dismiss, scratch)
        wait_until(lambda: all(worker.is_ready for worker in workers), what="all sweep", timeout_s=300)
        yield workers
        report.logs([worker.process for worker in workers])


def _publish(lanes: list[Lane], seconds: float, began: float) -> dict[str, str]:
    """Submit until the time is over, and wait until all are settled; SHA-256 by caption."""
    submitted: dict[str, str] = {}
    said = 0.0
    while (now := time.monotonic() - began) < seconds + SETTLE_WITHIN_S:
        moving = _moving()
        for lane in lanes:
            has_room = moving[lane.account.pk] < (1 if lane.takes_s else AT_ONCE)
            if has_room and now >= lane.next_at and now + lane.takes_s < seconds:
                lane.next_at = now + lane.every_s
                submitted |= [lane.submit()]
        if now >= seconds and not moving:
            break
        if now - said >= SAY_EVERY_S:
            said = now
            report.say(f"{now:5.0f} s  {len(submitted)} posts, {moving.total()} on their way")
        time.sleep(LOOK_EVERY_S)
    return submitted


def _moving() -> Counter[UUID]:
    with unscoped(reason=SEES_ALL):
        return Counter(Post.objects.exclude(state__in=SETTLED).values_list("account_id", flat=True))
