"""Call the WSGI application in a pool of threads."""

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import close_old_connections

from core.serving.front.environ import Environ
from core.serving.front.files import OpenFile
from core.serving.front.problems import own_answer

WsgiApplication = Callable[..., Iterable[bytes]]
Header = tuple[bytes, bytes]
BUSY_S: Final = 5
PATIENCE_S: Final = 0.2


@dataclass(slots=True)
class Answer:
    """An answer: ``body`` in memory, ``file``, which the sender closes, or ``text`` of the server itself."""

    status: int
    headers: list[Header] = field(default_factory=list)
    body: bytes = b""
    file: OpenFile | None = None
    text: str = ""


def text_answer(status: int, text: str, *headers: Header) -> Answer:
    """Return an answer of the server itself; ``worded`` makes its body."""
    return Answer(status, [*headers], text=text)


def worded(answer: Answer, environ: Environ) -> Answer:
    """Format a text of the server itself as its reader expects."""
    if answer.text:
        kind, answer.body = own_answer(environ["PATH_INFO"], answer.status, answer.text)
        answer.headers.append((b"content-type", kind.encode()))
        if "HTTP_TUS_RESUMABLE" in environ:
            answer.headers.append((b"tus-resumable", b"1.0.0"))
    return answer


def busy() -> Answer:
    """Ask the client to come back."""
    again = (b"retry-after", str(BUSY_S).encode())
    return text_answer(503, "Clipdesk is busy. Try again in a few seconds.", again)


class Pool:
    """Threads that compute answers; the number of waiting requests is limited.

    Threads share one interpreter, so each request of this pool lets the pool ``after`` finish first, for a moment.
    """

    def __init__(
        self, application: WsgiApplication, threads: int, name: str, queue: int, *, after: "Pool | None" = None
    ) -> None:
        self._application, self._threads, self._most = application, threads, threads + queue
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._turns, self._after = asyncio.Semaphore(threads), after
        self._idle = asyncio.Event()
        self._idle.set()
        self.taken = 0

    async def answer(self, environ: Environ) -> Answer:
        """Run the application; 503 when too many requests wait already."""
        if self.taken >= self._most:
            return busy()
        self._take(1)
        try:
            async with self._turns:
                if self._after:
                    await self._after.until_idle(PATIENCE_S / (1 + self._waiting / 10))
                return await asyncio.get_running_loop().run_in_executor(self._executor, self._call, environ)
        finally:
            self._take(-1)

    @property
    def _waiting(self) -> int:
        """Return the requests without a thread: the more there are, the less each lets others go first."""
        return max(0, self.taken - self._threads)

    def _take(self, count: int) -> None:
        self.taken += count
        if self.taken:
            self._idle.clear()
        else:
            self._idle.set()

    async def until_idle(self, most_s: float) -> None:
        """Wait until nothing is computed here, or the time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(most_s):
                await self._idle.wait()

    def _call(self, environ: Environ) -> Answer:
        return call(self._application, environ)


def call(application: WsgiApplication, environ: Environ) -> Answer:
    """Run the application to the end of its answer, but leave a file to the loop."""
    answer = Answer(500)

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        answer.status = int(status.split(" ", 1)[0])
        answer.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]

    result = application(environ, start_response)
    if isinstance(result, OpenFile):
        answer.file = result
        close_old_connections()  # Django does it when the request ends, which is in another thread then
        return answer
    with closing(_Closing(result)):
        answer.body = b"".join(result)
    return answer


class _Closing:
    """An iterable's close(), which is optional in PEP 3333."""

    def __init__(self, result: Iterable[bytes]) -> None:
        self.close: Callable[[], None] = getattr(result, "close", lambda: None)
