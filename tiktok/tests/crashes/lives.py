"""A worker process in a thread: its commits and outside calls are counted, and at any of them it may die or freeze.

Death is honest: after it, nothing of this life reaches the database or the network, even if ``finally`` and
``except`` try, and an open transaction is rolled back, as the database would do for a process that is gone.
"""

import itertools
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
import requests
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from requests.adapters import HTTPAdapter

from tiktok.access.gateway import tiktok_client
from tiktok.delivery.claims import Claim
from tiktok.delivery.upload import LAST_BYTES

WRITE: Final = re.compile(r'\s*(?:INSERT(?: OR IGNORE)? INTO|UPDATE|DELETE FROM)\s+"?(\w+)"?', re.IGNORECASE)
PATIENCE_S: Final = 300
INITS: Final = ("video/init", "content/init")


class Death(BaseException):
    """The end of a simulated process. No handler of the product may catch it."""


class End(Enum):
    """The fate of a life at its point."""

    DIES = "dies"
    FREEZES = "freezes"


@dataclass(frozen=True, slots=True)
class Point:
    """A moment at which a process may end. ``is_locking``: inside a transaction that has written."""

    what: str
    is_locking: bool = False

    @property
    def may_orphan_an_init(self) -> bool:
        """Between TikTok's answer to an init and its receipt: the one moment in which an init is lost for us."""
        after_answer = {f"after call {init}" for init in INITS}
        return self.what in {*after_answer, "before insert of initreceipt", "before commit of initreceipt"}

    @property
    def begins_init(self) -> bool:
        return self.what in {f"before call {init}" for init in INITS}


@dataclass(frozen=True, slots=True)
class Sent:
    """An outside call. ``is_late``: made after the life had been frozen; ``late_bytes``: blocks that left then."""

    endpoint: str
    is_late: bool
    late_bytes: list[int] = field(default_factory=list)

    @property
    def is_act(self) -> bool:
        """Whether it may change something at TikTok."""
        return self.is_init or self.endpoint.startswith("PUT")

    @property
    def is_init(self) -> bool:
        return self.endpoint in INITS


@dataclass(slots=True)
class Hindrance:
    """Where a life is stopped, and how. ``at`` counts its points from zero; None lets it live."""

    at: int | None = None
    end: End = End.DIES


_current = threading.local()
_numbers = itertools.count(1)


def current_life() -> "Life | None":
    """The life of this thread."""
    return getattr(_current, "life", None)


class Life:
    """One process. ``work(life)`` runs in a thread of its own, with its own connections.

    ``claim``: what it works on; ``is_leaving`` ends it after that. ``tick`` hears of each call and each block that
    leaves, so that time may pass. ``begins``: the beginning of a transaction is a point as well (where it is frozen,
    it holds no lock yet).
    """

    def __init__(
        self, name: str, work: "Callable[[Life], None]", hindrance: Hindrance | None = None, *, begins: bool = False
    ) -> None:
        self.name = name
        self.points: list[Point] = []
        self.sent: list[Sent] = []
        self.error: Exception | None = None
        self.claim: Claim | None = None
        self.froze_at: Point | None = None
        self.is_dead = self.is_ended = self.has_thawed = self.is_leaving = False
        self.number = next(_numbers)
        self.tick: Callable[[str], None] = lambda _what: None
        self._hindrance = hindrance or Hindrance()
        self._begins = begins
        self._written: list[str] = []
        self._stopped, self._thaw = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._live, args=[work], name=name)

    # From outside

    def run(self) -> None:
        """Live until the end, until death or until frozen."""
        self._thread.start()
        self._wait()

    def thaw(self) -> None:
        """Wake it, and wait for its end."""
        self._stopped.clear()
        self.has_thawed = True
        self._thaw.set()
        self._wait()

    @property
    def is_frozen(self) -> bool:
        return self._thread.is_alive() and not self.is_ended

    def _wait(self) -> None:
        assert self._stopped.wait(PATIENCE_S), f"{self.name} does not come to an end after {self.points[-3:]}"
        if self.is_ended:
            self._thread.join(PATIENCE_S)

    # In its thread

    def _live(self, work: "Callable[[Life], None]") -> None:
        _current.life = self
        connection.execute_wrappers.append(self._execute)
        try:
            work(self)
        except Death:
            pass
        except Exception as error:  # noqa: BLE001 - shown in the table, and fails the row
            self.error = error
        finally:
            self.is_ended = True
            _current.life = None
            if not self.is_dead:
                connection.close()
            tiktok_client().close()
            self._stopped.set()

    def check(self) -> None:
        """A dead process does nothing. Raises Death."""
        if self.is_dead:
            raise Death

    def reach(self, what: str, *, is_locking: bool = False) -> None:
        """A point: where this life is to end, it ends."""
        self.check()
        point = Point(what, is_locking)
        self.points.append(point)
        if not self._is_here(is_locking):
            return
        if self._hindrance.end == End.DIES:
            self._die()
        self.froze_at = point
        self._stopped.set()
        assert self._thaw.wait(PATIENCE_S), f"nobody woke {self.name}"

    def _is_here(self, is_locking: bool) -> bool:
        """Freeze at the next point without a lock, since a frozen lock would stop all others."""
        at = self._hindrance.at
        if at is None or self.has_thawed:
            return False
        if self._hindrance.end == End.DIES:
            return len(self.points) - 1 == at
        return len(self.points) > at and not is_locking

    def _die(self) -> None:
        self.is_dead = True
        if (raw := connection.connection) is not None:
            raw.rollback()
            raw.close()
        raise Death

    # The database

    def _execute(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.check()
        match = WRITE.match(sql)
        if match is None:
            return execute(sql, params, many, context)
        table = match[1].removeprefix("tiktok_").removeprefix("instances_")
        if connection.in_atomic_block:
            self._written.append(table)
            return execute(sql, params, many, context)
        verb = sql.split(None, 1)[0].lower()
        self.reach(f"before {verb} of {table}")
        result = execute(sql, params, many, context)
        self.reach(f"after {verb} of {table}")
        return result

    def begin(self) -> None:
        """A transaction begins."""
        self.check()
        self._written.clear()
        if self._begins:
            self.reach("before a transaction")

    def commit(self, really: Callable[[], None]) -> None:
        """A transaction that wrote something is two points."""
        tables = "+".join(dict.fromkeys(self._written))
        self._written.clear()
        if tables:
            self.reach(f"before commit of {tables}", is_locking=True)
        really()
        if tables:
            self.reach(f"after commit of {tables}")

    # The network

    def call(self, request: requests.PreparedRequest, really: Callable[[], requests.Response]) -> requests.Response:
        """An outside call: before it is sent, within its body, and after the act with the answer lost."""
        endpoint = endpoint_of(request)
        self.tick("call")
        self.reach(f"before call {endpoint}")
        sent = Sent(endpoint, self.has_thawed)
        self.sent.append(sent)
        if request.method == "PUT":
            request.body = WatchedBody(self, endpoint, request, sent)  # type: ignore[assignment]
        response = really()
        self.reach(f"after call {endpoint}")
        return response


class WatchedBody:
    """Hands a body through, block by block; the points within it are the middle, the last bytes and the end."""

    def __init__(self, life: Life, endpoint: str, request: requests.PreparedRequest, sent: Sent) -> None:
        bounds = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", str(request.headers["Content-Range"]))
        assert bounds is not None
        self._life, self._endpoint, self._sent = life, endpoint, sent
        self._body: Any = request.body
        self._length = int(bounds[2]) - int(bounds[1]) + 1
        self._is_last = int(bounds[2]) + 1 == int(bounds[3])
        self._position, self._is_halfway = 0, False

    def read(self, size: int = -1, /) -> bytes:
        """The next block."""
        left = self._length - self._position
        if self._is_last and 0 < left <= LAST_BYTES:
            self._life.reach(f"before the last 64 KiB of {self._endpoint}")
        elif not self._is_halfway and 0 < left <= self._length / 2:
            self._is_halfway = True
            self._life.reach(f"in the middle of {self._endpoint}")
        elif left == 0:
            self._life.reach(f"after the last byte of {self._endpoint}")
        self._life.tick("block")
        block: bytes = self._body.read(size)
        self._position += len(block)
        if self._life.has_thawed:
            self._sent.late_bytes.append(len(block))
        return block


def endpoint_of(request: requests.PreparedRequest) -> str:
    """A short name of what is called; a PUT is named by its first byte."""
    if request.method == "PUT":
        first = str(request.headers["Content-Range"]).removeprefix("bytes ").partition("-")[0]
        return f"PUT {first}"
    path = urlsplit(str(request.url)).path.rstrip("/")
    return "/".join(path.split("/")[-2:])


@contextmanager
def hooks() -> Iterator[None]:
    """Let every life see its own commits and calls; other threads notice nothing."""
    with pytest.MonkeyPatch.context() as patch:
        _hook_database(patch)
        send = HTTPAdapter.send

        def watched(adapter: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **more: Any) -> Any:
            life = current_life()
            if life is None:
                return send(adapter, request, *args, **more)
            return life.call(request, lambda: send(adapter, request, *args, **more))

        patch.setattr(HTTPAdapter, "send", watched)
        yield


def _hook_database(patch: pytest.MonkeyPatch) -> None:
    commit, set_autocommit = BaseDatabaseWrapper._commit, BaseDatabaseWrapper.set_autocommit  # type: ignore[attr-defined]

    def watched_commit(wrapper: BaseDatabaseWrapper) -> None:
        life = current_life()
        if life is None:
            commit(wrapper)
        else:
            life.commit(lambda: commit(wrapper))

    def watched_autocommit(wrapper: BaseDatabaseWrapper, autocommit: bool, **more: Any) -> None:
        if (life := current_life()) is not None:
            life.check() if autocommit else life.begin()
        set_autocommit(wrapper, autocommit, **more)

    patch.setattr(BaseDatabaseWrapper, "_commit", watched_commit)
    patch.setattr(BaseDatabaseWrapper, "set_autocommit", watched_autocommit)
    for name in ("_rollback", "close", "ensure_connection"):
        patch.setattr(BaseDatabaseWrapper, name, _only_for_the_living(getattr(BaseDatabaseWrapper, name)))


def _only_for_the_living(act: Callable[..., Any]) -> Callable[..., Any]:
    def checked(wrapper: BaseDatabaseWrapper, *args: Any) -> Any:
        if (life := current_life()) is not None:
            life.check()
        return act(wrapper, *args)

    return checked
