"""Processes die in the middle of a refresh; then the product's own worker continues alone.

Each refresh is a process of its own, forked from this one, which holds no database connection in between. Half of them
are killed after a random time; the others kill themselves at a named moment around TikTok's answer and our commit.
"""

import os
import random
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone
from requests.adapters import HTTPAdapter

from tiktok.access.refresh import due_refreshes
from tiktok.access.tokens import usable_token
from tiktok.models import TikTokAccount, TikTokCredential
from tiktok.tests.chaos import report
from tiktok.tests.jobs_process import wait_until
from tiktok.tests.simulator_process import Simulator
from tiktok.tests.tokens.aftermath import verdict
from tiktok.tests.tokens.options import KillOptions
from tiktok.tests.tokens.storm import at_work
from tiktok.tests.tokens.verdict import NAMED, Moment
from tiktok.tests.tokens.world import empty_world, link, make_place

# More accounts than kills: some refreshes end before the blow comes, and a few are left alone to be measured.
SPARE_SHARE: Final = 0.6
MEASURED: Final = 5
SLOW_S: Final = 0.15
LONGER_S: Final = 1.2
HEALS_WITHIN_S: Final = 600.0


@dataclass(frozen=True)
class Kills:
    """When the refresh of which credential was killed, and how many had ended before their blow."""

    moments: dict[UUID, Moment]
    too_late: int
    takes_s: float


def run(options: KillOptions, scratch: Path, simulator: Simulator) -> bool:
    """Whether the run was clean. Prints as it goes."""
    report.say(f"refresh kills: {options}")
    credentials = _aged_credentials(options, simulator)
    simulator.weather(options.seed, slow=1.0, slow_s=SLOW_S, endpoints=["token"])
    kills = _kill(options, iter(credentials))
    report.say(f"{len(kills.moments)} killed, a refresh takes up to {kills.takes_s:.2f} s; a worker goes on")
    simulator.clear_faults()
    with at_work(options, scratch):
        wait_until(lambda: not due_refreshes(), what="nothing is due any more", timeout_s=HEALS_WITHIN_S)
    return verdict(kills.moments, kills.too_late, simulator)


def _aged_credentials(options: KillOptions, simulator: Simulator) -> list[UUID]:
    """Accounts that were idle for a day: each of them is due."""
    app, place = empty_world(simulator, access_lifetime_s=7200), make_place(0)
    count = options.kills + int(options.kills * SPARE_SHARE) + MEASURED
    accounts: list[TikTokAccount] = [link(simulator, app, place, f"user{number}") for number in range(count)]
    now = timezone.now()
    TikTokCredential.objects.update(
        access_issued_at=now - timedelta(hours=21), access_expires_at=now - timedelta(hours=19), next_refresh_at=now
    )
    return [account.credential_id for account in accounts]


def _kill(options: KillOptions, credentials: Iterator[UUID]) -> Kills:
    """Until so many have died; every other one at a named moment."""
    _forget_connections()
    dice = random.Random(options.seed)
    takes_s = max(_Refresh(next(credentials)).takes_s() for _ in range(MEASURED))
    moments: dict[UUID, Moment] = {}
    too_late = 0
    while len(moments) < options.kills:
        number, credential_id = len(moments), next(credentials)
        moment = Moment.RANDOM if number % 2 else NAMED[number // 2 % len(NAMED)]
        after_s = dice.uniform(0, takes_s) if moment == Moment.RANDOM else None
        if _Refresh(credential_id, moment).is_killed(after_s):
            moments[credential_id] = moment
        else:
            too_late += 1
    return Kills(moments, too_late, takes_s)


def _forget_connections() -> None:
    """Nothing of the database may be shared with the children."""
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]


class _Refresh:
    """A refresh in a process of its own."""

    def __init__(self, credential_id: UUID, moment: Moment | None = None) -> None:
        ready, told = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            _live(credential_id, moment, told)
        os.close(told)
        os.read(ready, 1)
        os.close(ready)

    def takes_s(self) -> float:
        """Let it live."""
        began = time.monotonic()
        self._expect_end()
        return (time.monotonic() - began) * LONGER_S

    def is_killed(self, after_s: float | None) -> bool:
        """Kill it after so long, or see it kill itself; False if it had ended before."""
        if after_s is not None:
            time.sleep(after_s)
            os.kill(self._pid, signal.SIGKILL)
        return self._expect_end() == signal.SIGKILL

    def _expect_end(self) -> int:
        """The signal it died of, 0 for none. Raises RuntimeError when it failed by itself."""
        status = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        if status > 0:
            raise RuntimeError("a refresh failed")
        return -status


def _live(credential_id: UUID, moment: Moment | None, told: int) -> None:
    """The child: everything that a worker does for a fresh token, and nothing else. Does not return."""
    code = 1
    try:
        if moment not in (None, Moment.RANDOM):
            _arm(moment)
        os.write(told, b"!")
        usable_token(credential_id)
        code = 0
    finally:
        if code:
            traceback.print_exc()
        os._exit(code)


def _arm(moment: Moment) -> None:
    """Die there. The first UPDATE of the credential is the claim, the second one keeps the new pair."""
    seen = iter((Moment.BEFORE_CLAIM, Moment.AFTER_CLAIM, Moment.BEFORE_SAVE, Moment.AFTER_SAVE))
    send = HTTPAdapter.send

    def reach(here: Moment) -> None:
        if here == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    def execute_watched(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        is_ours = sql.startswith('UPDATE "tiktok_tiktokcredential"')
        if is_ours:
            reach(next(seen))
        result = execute(sql, *arguments)
        if is_ours:
            reach(next(seen))
        return result

    def send_watched(*arguments: Any, **more: Any) -> Any:
        reach(Moment.BEFORE_CALL)
        response = send(*arguments, **more)
        reach(Moment.AFTER_CALL)
        return response

    connection.execute_wrappers.append(execute_watched)
    HTTPAdapter.send = send_watched  # type: ignore[method-assign]
