"""Honest uploads on slow lines: tus as the page and API clients speak it, resumed when a connection breaks."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import urlsplit

from tiktok.tests.hostile import machine, wire
from tiktok.tests.hostile.bombs import PaddedVideo
from tiktok.tests.hostile.wire import Answer, Target

PER_SOURCE: Final = 10
TICK_S: Final = 0.2
ANSWER_S: Final = 30.0
RETRIES: Final = 20
RETRY_AFTER_S: Final = 2.0
LONGEST_RETRY_AFTER_S: Final = 10.0
TUS: Final = {"Tus-Resumable": "1.0.0"}


@dataclass(frozen=True)
class Door:
    """How one instance is reached: by an API key, and by the session of a signed-in person."""

    slug: str
    api_headers: dict[str, str]
    page_headers: dict[str, str]


@dataclass(frozen=True)
class Plan:
    """One upload: from which address, with which rights, how fast, on the page or by the API."""

    number: int
    source: str
    door: Door
    bytes_per_s: float
    is_page: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of every request of the upload."""
        return (self.door.page_headers if self.is_page else self.door.api_headers) | TUS

    @property
    def collection(self) -> str:
        """Where uploads are announced."""
        return f"/i/{self.door.slug}/media/uploads/" if self.is_page else "/api/v1/media/uploads"


class Content(Protocol):
    """The bytes of an upload."""

    @property
    def size_bytes(self) -> int: ...
    def read(self, at: int, length: int) -> bytes: ...


@dataclass
class Sent:
    """The progress of one upload; ``answers`` counts everything but success."""

    upload_id: str = ""
    offset: int = 0
    is_complete: bool = False
    seconds: float = 0.0
    answers: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Crew:
    """All honest uploads of a run. ``video`` is the video inside each of the files."""

    target: Target
    doors: list[Door]
    count: int
    video: bytes
    size_bytes: int
    bytes_per_s: float
    timeout_s: float

    def content(self, number: int) -> PaddedVideo:
        """Return the file of the n-th upload."""
        return PaddedVideo(self.video, self.size_bytes, number)

    def plan(self, number: int) -> Plan:
        """Return the plan of the n-th upload: every other one is made on the page."""
        door = self.doors[number % len(self.doors)]
        source = f"127.0.2.{1 + number // PER_SOURCE}"
        return Plan(number, source, door, self.bytes_per_s, is_page=bool(number // len(self.doors) % 2))


def upload_all(crew: Crew) -> list[Sent]:
    """Upload all files at once. Runs in a process of its own, with low priority."""
    machine.step_back()
    wire.raise_file_limit()
    return asyncio.run(_upload_all(crew))


async def _upload_all(crew: Crew) -> list[Sent]:
    sendings = (
        send(crew.target, crew.plan(number), crew.content(number), timeout_s=crew.timeout_s)
        for number in range(crew.count)
    )
    return await asyncio.gather(*sendings)


async def send(target: Target, plan: Plan, content: Content, *, timeout_s: float) -> Sent:
    """Upload one file, resuming after faults, for at most ``timeout_s``."""
    sent, began = Sent(), time.perf_counter()
    try:
        async with asyncio.timeout(timeout_s):
            await _send(target, plan, content, sent)
    except TimeoutError:
        sent.answers["not in time"] += 1
    sent.seconds = time.perf_counter() - began
    return sent


async def _send(target: Target, plan: Plan, content: Content, sent: Sent) -> None:
    path = await _announce(target, plan, content, sent)
    for _attempt in range(RETRIES):
        if not path or sent.is_complete:
            return
        answer = await _patch(target, plan, path, content, sent.offset)
        if answer.status != 204:
            sent.answers[f"PATCH {answer.status}"] += 1
            await asyncio.sleep(pause_s(answer.headers))
            answer = await wire.ask(target, plan.source, "HEAD", path, plan.headers, timeout_s=ANSWER_S)
        sent.offset = int(answer.headers.get("upload-offset", sent.offset))
        sent.is_complete = sent.offset == content.size_bytes


async def _announce(target: Target, plan: Plan, content: Content, sent: Sent) -> str:
    """Return the upload's path, "" when the server does not give one."""
    headers = plan.headers | {"Upload-Length": str(content.size_bytes), "Upload-Metadata": "filename Y2xpcC5tcDQ="}
    for _attempt in range(RETRIES):
        answer = await wire.ask(target, plan.source, "POST", plan.collection, headers, timeout_s=ANSWER_S)
        if answer.status == 201:
            path = urlsplit(answer.headers["location"]).path
            sent.upload_id = path.strip("/").rpartition("/")[2]
            return path
        sent.answers[f"POST {answer.status}"] += 1
        await asyncio.sleep(pause_s(answer.headers))
    return ""


def pause_s(headers: Mapping[str, str]) -> float:
    """Return how long to wait before the next attempt: what the server asks for, within reason."""
    asked = headers.get("retry-after", "")
    return min(float(asked), LONGEST_RETRY_AFTER_S) if asked.isdigit() else RETRY_AFTER_S


async def _patch(target: Target, plan: Plan, path: str, content: Content, offset: int) -> Answer:
    """Send the rest at the line's pace; stop as soon as the server answers."""
    headers = plan.headers | {
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": str(offset),
        "Content-Length": str(content.size_bytes - offset),
    }
    try:
        async with wire.dialled(target, plan.source) as (reader, writer):
            answer = asyncio.create_task(wire.read_answer(reader))
            try:
                writer.write(wire.head(target, "PATCH", path, headers))
                await _pour(writer, content, offset, plan.bytes_per_s, answer)
                async with asyncio.timeout(ANSWER_S):
                    return await answer
            finally:
                answer.cancel()
    except wire.FAULTS:
        return wire.NONE


async def _pour(
    writer: asyncio.StreamWriter, content: Content, at: int, bytes_per_s: float, answer: "asyncio.Task[Answer]"
) -> None:
    step = int(bytes_per_s * TICK_S)
    while at < content.size_bytes and not answer.done():
        block = content.read(at, step)
        writer.write(block)
        await writer.drain()
        at += len(block)
        await asyncio.wait([answer], timeout=TICK_S)
