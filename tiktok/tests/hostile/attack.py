"""The attackers: half-sent requests, slow readers, edit-list bombs and JSON bombs."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from tiktok.tests.hostile import bombs, machine, wire
from tiktok.tests.hostile.options import Crowd
from tiktok.tests.hostile.uploads import Door, Plan, send
from tiktok.tests.hostile.wire import Target

# Most half-sent requests come from one address each thousandth of the crowd shares; four in ten from a single one.
SINGLE_SOURCE: Final = "127.0.9.9"
SINGLE_SHARE: Final = 0.4
PER_SOURCE: Final = 50
READERS_PER_SOURCE: Final = 10
AGAIN_AFTER_S: Final = (5.0, 10.0)
READ_BYTES_PER_S: Final = 10_000
READ_EVERY_S: Final = 0.5
BOMB_ANSWER_S: Final = 120.0
COOKIES: Final = "csrftoken={0}; __Host-csrftoken={0}".format("a" * 32)
ANONYMOUS: Final = ("/webhooks/tiktok/", "/auth/login/")


@dataclass(frozen=True)
class Raid:
    """The input of the attackers. ``files`` are addresses of videos, each with the headers that open it."""

    target: Target
    crowd: Crowd
    seed: int
    duration_s: float
    doors: list[Door]
    files: list[tuple[str, dict[str, str]]]
    edit_bomb: bytes


@dataclass(frozen=True)
class Toll:
    """The result of the attack by the server's reactions, and the bombs' uploads."""

    counts: Counter[str]
    bomb_uploads: list[str]


def attack(raid: Raid) -> Toll:
    """Attack for ``duration_s`` and until the bombs are answered. Runs in a process of its own, with low priority."""
    machine.step_back()
    wire.raise_file_limit()
    return asyncio.run(_attack(raid))


async def _attack(raid: Raid) -> Toll:
    counts: Counter[str] = Counter()
    dice = random.Random(raid.seed)
    async with asyncio.TaskGroup() as group:
        for number in range(raid.crowd.half_sent):
            group.create_task(_half_send(raid, number, dice.random(), counts))
        for number in range(raid.crowd.readers):
            group.create_task(_read_slowly(raid, number, counts))
        edits = [group.create_task(_edit_bomb(raid, number, counts)) for number in range(raid.crowd.edit_bombs)]
        body = bombs.json_bomb()
        for number in range(raid.crowd.json_bombs):
            group.create_task(_json_bomb(raid, number, body, counts))
    return Toll(counts, [upload for edit in edits if (upload := edit.result())])


def half_sent_source(number: int, count: int) -> str:
    """Return the address of one attacker: a large share is at a single one, the others are at most 50 at each."""
    alone = round(count * SINGLE_SHARE)
    return SINGLE_SOURCE if number < alone else f"127.0.8.{1 + (number - alone) // PER_SOURCE}"


async def _half_send(raid: Raid, number: int, luck: float, counts: Counter[str]) -> None:
    """Hold an unfinished request open, and open another one some seconds after the server has closed it."""
    source = half_sent_source(number, raid.crowd.half_sent)
    is_body, path = bool(number % 2), ANONYMOUS[number // 2 % 2]
    shortest, longest = AGAIN_AFTER_S
    pause_s = shortest + (longest - shortest) * luck

    async def once() -> None:
        async with wire.dialled(raid.target, source) as (reader, writer):
            writer.write(_half(raid.target, path, is_body=is_body))
            counts["half-sent requests opened"] += 1
            answer = await wire.read_answer(reader)
            counts[f"half-sent requests ended with {answer.status or 'no answer'}"] += 1

    await asyncio.sleep(luck)
    await _until_over(raid.duration_s - luck, once, pause_s, counts, "half-sent requests")


def _half(target: Target, path: str, *, is_body: bool) -> bytes:
    headers = {"Cookie": COOKIES, "Content-Type": "application/x-www-form-urlencoded", "Content-Length": "1000"}
    whole = wire.head(target, "POST", path, headers | {"Connection": "keep-alive"})
    return whole + b"a=" if is_body else whole[:-20]


async def _until_over(
    seconds: float, act: Callable[[], Awaitable[None]], pause_s: float, counts: Counter[str], what: str
) -> None:
    """Repeat ``act`` with pauses until the time is over, which is when most of them end."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while loop.time() < end:
        try:
            async with asyncio.timeout_at(end):
                await act()
        except wire.FAULTS as fault:
            if loop.time() < end:
                counts[f"{what} refused or cut off ({type(fault).__name__})"] += 1
        await asyncio.sleep(max(0.0, min(pause_s, end - loop.time())))


async def _read_slowly(raid: Raid, number: int, counts: Counter[str]) -> None:
    path, headers = raid.files[number % len(raid.files)]
    source = f"127.0.7.{1 + number // READERS_PER_SOURCE}"

    async def once() -> None:
        async with wire.dialled(raid.target, source, window_bytes=READ_BYTES_PER_S) as (reader, writer):
            writer.write(wire.head(raid.target, "GET", path, headers))
            counts["slow readers"] += 1
            while await reader.read(int(READ_BYTES_PER_S * READ_EVERY_S)):
                await asyncio.sleep(READ_EVERY_S)
        counts["slow readers cut off"] += 1

    await _until_over(raid.duration_s, once, AGAIN_AFTER_S[1], counts, "slow readers")


async def _edit_bomb(raid: Raid, number: int, counts: Counter[str]) -> str:
    """Upload a bomb: one half as a form, the other by tus. Returns the upload's id, "" where there is none."""
    door = raid.doors[number % len(raid.doors)]
    source = f"127.0.6.{1 + number // PER_SOURCE}"
    if number % 2:
        plan = Plan(number, source, door, bytes_per_s=10_000_000)
        sent = await send(raid.target, plan, _Bytes(raid.edit_bomb), timeout_s=BOMB_ANSWER_S)
        counts[f"edit-list bombs by tus: {'received' if sent.is_complete else 'refused'}"] += 1
        return sent.upload_id
    answer = await wire.ask(
        raid.target,
        source,
        "POST",
        "/api/v1/media",
        {**door.api_headers, "Content-Type": "multipart/form-data; boundary=edge"},
        _form(raid.edit_bomb),
        timeout_s=BOMB_ANSWER_S,
    )
    counts[f"edit-list bombs as forms: {answer.status}"] += 1
    return ""


def _form(content: bytes) -> bytes:
    disposition = b'Content-Disposition: form-data; name="file"; filename="bomb.mp4"\r\nContent-Type: video/mp4\r\n\r\n'
    return b"--edge\r\n" + disposition + content + b"\r\n--edge--\r\n"


@dataclass(frozen=True)
class _Bytes:
    """Content in memory."""

    content: bytes

    @property
    def size_bytes(self) -> int:
        return len(self.content)

    def read(self, at: int, length: int) -> bytes:
        return self.content[at : at + length]


async def _json_bomb(raid: Raid, number: int, body: bytes, counts: Counter[str]) -> None:
    headers = {
        **raid.doors[number % len(raid.doors)].api_headers,
        "Content-Type": "application/json",
        "Idempotency-Key": f"bomb-{raid.seed}-{number}",
    }
    source = f"127.0.5.{1 + number // PER_SOURCE}"
    answer = await wire.ask(raid.target, source, "POST", "/api/v1/posts", headers, body, timeout_s=BOMB_ANSWER_S)
    counts[f"JSON bombs: {answer.status}"] += 1
