"""One pull: TikTok downloads the files of a post, checks them, and starts processing."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse

from tiktok.simulator import pictures
from tiktok.simulator.bodies import LARGEST_VIDEO
from tiktok.simulator.messages import Json
from tiktok.simulator.outgoing import FAULTS, answer_to
from tiktok.simulator.posts import Item, Post
from tiktok.simulator.received import Received
from tiktok.simulator.world import World

BLOCK_BYTES = 64 * 1024
PACES_PER_S = 20
# Shares of what is left after the first byte, one range each; the last range is open.
ODD_SHARES = (1 / 7, 1 / 31, 1 / 2)
TAIL_BYTES = 100
CONTENT_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})")


class Stopped(Exception):
    """The post has ended: cancelled, too slow, access removed, or the world was reset."""


class PullFailed(Exception):
    """This file cannot be had, however often it is tried; without a ``reason`` the pull as such has failed."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class Interrupted(Exception):
    """This try broke off; another one may work."""


class Pull:
    """All files of a post, one after the other. A copy (``double_pull``) downloads the same and counts nothing."""

    def __init__(self, world: World, post: Post, *, is_copy: bool = False) -> None:
        self._world = world
        self._post = post
        self._is_copy = is_copy
        self._done_bytes = 0

    def run(self) -> None:
        copies = self._start_copies()
        try:
            outcomes = [self._fetch(number) for number in range(len(self._post.items))]
            for copy in copies:
                copy.join()
            self._finish(next(filter(None, outcomes), ""))
        except Stopped:
            return
        except PullFailed as failure:
            self._fail(failure.reason)

    def _start_copies(self) -> list[threading.Thread]:
        """Start the same pull a second time if the plan says so."""
        if self._is_copy or not self._post.pull.is_double:
            return []
        copy = Pull(self._world, self._post, is_copy=True)
        thread = threading.Thread(target=copy.run, name=f"second pull {self._post.publish_id}", daemon=True)
        thread.start()
        return [thread]

    def _finish(self, outcome: str) -> None:
        with self._world.lock:
            if not self._is_copy and self._is_wanted():
                post = self._post
                post.sha256 = post.sha256 if post.is_photo else post.items[0].sha256
                post.outcome = post.outcome or outcome
                self._world.finish_transfer(post)

    def _fail(self, reason: str) -> None:
        with self._world.lock:
            if not self._is_copy and self._is_wanted():
                self._post.fail(reason or self._post.fail_reason, self._world.now())
                self._world.save_post(self._post)

    # One file

    def _fetch(self, number: int) -> str:
        """Download one file in as many tries as it takes; return its fail reason, or nothing."""
        settings = self._world.settings
        for _ in range(settings.pull_tries):
            try:
                return self._accept(number, self._download(number))
            except Interrupted:
                self._pause(settings.pull_pause_s)
        raise PullFailed

    def _download(self, number: int) -> Received:
        post, plan = self._post, self._post.pull
        received = Received(is_hashed=True, is_kept=post.is_photo)
        if number == plan.failing_item:
            self._record("GET", number, "")["outcome"] = "failed_photo"
            raise PullFailed
        if plan.has_head:
            self._look(number, "HEAD", "")
        if plan.has_odd_ranges:
            self._read_odd_ranges(number, received)
        else:
            self._read(number, received, "")
        return received

    def _accept(self, number: int, received: Received) -> str:
        """Note what came and check it, as TikTok does once the transfer is over."""
        self._done_bytes += received.size_bytes
        if self._is_copy:
            return ""
        item = self._post.items[number]
        item.size_bytes, item.sha256 = received.size_bytes, received.sha256
        if received.content is None:
            return self._accept_video(received)
        return self._accept_photo(number, item, bytes(received.content))

    def _accept_video(self, received: Received) -> str:
        self._post.duration_s = received.duration_s
        is_checked = self._world.app(self._post.client_key).check_format
        return "file_format_check_failed" if is_checked and not received.is_video() else ""

    def _accept_photo(self, number: int, item: Item, content: bytes) -> str:
        if picture := pictures.measure(content):
            item.width, item.height, item.content_type = picture.width, picture.height, f"image/{picture.format}"
        with self._world.lock:
            self._world.photos.put(self._post.publish_id, number, content)
        return pictures.fault(content)

    # Requests

    def _read_odd_ranges(self, number: int, received: Received) -> None:
        """Read one byte, look at the end, then read the rest in uneven pieces."""
        total = self._read(number, received, "bytes=0-0")
        if total is None:
            return
        self._look(number, "GET", f"bytes=-{TAIL_BYTES}")
        for share in ODD_SHARES:
            at = received.size_bytes
            length = int((total - at) * share)
            if length:
                self._read(number, received, f"bytes={at}-{at + length - 1}")
        if received.size_bytes < total:
            self._read(number, received, f"bytes={received.size_bytes}-")

    def _look(self, number: int, method: str, asked: str) -> None:
        """Send a request whose body does not count."""
        with self._request(method, number, asked) as (answer, record):
            check_status(answer, asked)
            record["received"] = len(answer.read())

    def _read(self, number: int, received: Received, asked: str) -> int | None:
        """Add the answer's body; return the whole size if the answer is a part. Raises Interrupted or PullFailed."""
        with self._request("GET", number, asked) as (answer, record):
            check_status(answer, asked)
            total = check_range(answer, asked)
            self._check_size(received.size_bytes + (answer.length or 0))
            for block in self._blocks(answer):
                received.update(block)
                record["received"] += len(block)
                self._count(received)
        return total

    @contextmanager
    def _request(self, method: str, number: int, asked: str) -> Iterator[tuple[HTTPResponse, Json]]:
        """Send one request and record it. Raises Interrupted if the connection fails or breaks off."""
        self._check()
        record = self._record(method, number, asked)
        url, timeout_s = self._post.items[number].url, self._world.settings.pull_timeout_s
        try:
            headers = {"Range": asked} if asked else {}
            with answer_to(method, url, timeout_s=timeout_s, headers=headers) as answer:
                record["status"] = answer.status
                yield answer, record
            record["outcome"] = "complete"
        except FAULTS as error:
            record["outcome"] = "broken"
            raise Interrupted from error
        except (Stopped, PullFailed, Interrupted) as error:
            record["outcome"] = type(error).__name__.lower()
            raise

    def _record(self, method: str, number: int, asked: str) -> Json:
        record: Json = {
            "publish_id": self._post.publish_id,
            "at": self._world.now(),
            "item": number,
            "url": self._post.items[number].url,
            "method": method,
            "range": asked,
            "is_copy": self._is_copy,
            "status": None,
            "received": 0,
            "outcome": "receiving",
        }
        with self._world.lock:
            self._world.records.pulls.append(record)
        return record

    def _blocks(self, answer: HTTPResponse) -> Iterator[bytes]:
        """Yield the body at the pace of the plan. Raises Interrupted when it is shorter than announced."""
        announced, rate = answer.length, self._post.pull.bytes_per_s
        most = max(1, min(BLOCK_BYTES, int(rate / PACES_PER_S))) if rate else BLOCK_BYTES
        count, began = 0, time.monotonic()
        while block := answer.read1(most):
            count += len(block)
            yield block
            if rate:
                self._pause(began + count / rate - time.monotonic())
        if announced is not None and count != announced:
            raise Interrupted

    def _count(self, received: Received) -> None:
        """Show the progress, and leave where the plan says so."""
        self._check()
        self._check_size(received.size_bytes)
        so_far = self._done_bytes + received.size_bytes
        if not self._is_copy:
            self._post.downloaded_bytes = so_far
        abandoned_after = self._post.pull.abandoned_after
        if abandoned_after is not None and so_far >= abandoned_after:
            raise PullFailed

    def _check_size(self, size_bytes: int) -> None:
        if self._post.is_photo and size_bytes > pictures.LARGEST_PHOTO:
            raise PullFailed("picture_size_check_failed")
        if size_bytes > LARGEST_VIDEO:
            raise PullFailed

    # The post

    def _check(self) -> None:
        """Raise Stopped when the post has ended."""
        with self._world.lock:
            if not self._is_wanted():
                raise Stopped

    def _is_wanted(self) -> bool:
        post = self._post
        return self._world.posts.get(post.publish_id) is post and not post.has_failed(self._world.now())

    def _pause(self, seconds: float) -> None:
        """Wait, but not past the end of the post."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._check()
            time.sleep(min(left, 1 / PACES_PER_S))


def check_status(answer: HTTPResponse, asked: str) -> None:
    """Raise Interrupted for what may pass, PullFailed for everything else, redirects included."""
    if answer.status >= 500 or answer.status == 429:
        raise Interrupted
    if answer.status != 200 and not (asked and answer.status == 206):
        raise PullFailed


def check_range(answer: HTTPResponse, asked: str) -> int | None:
    """Return the whole size that a part names, or None for a whole file. Raises PullFailed for another part."""
    if answer.status == 200:
        if asked not in ("", "bytes=0-0"):
            raise PullFailed
        return None
    match = CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    first, last, total = (int(number) for number in match.groups()) if match else (0, 0, 0)
    wanted_first, _, wanted_last = asked.removeprefix("bytes=").partition("-")
    is_exact = str(first) == wanted_first and last == (int(wanted_last) if wanted_last else total - 1)
    if not is_exact or answer.length != last - first + 1:
        raise PullFailed
    return total
