"""Several connections at the same moment."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


def at_once(*works: Callable[[], Any], expect: tuple[type[Exception], ...]) -> list[Any]:
    """Run all at the same moment, each on its own connection; what they return, or raise of ``expect``, in order."""
    barrier, results = threading.Barrier(len(works)), [None] * len(works)

    def run(index: int, work: Callable[[], Any]) -> None:
        try:
            barrier.wait(10)
            results[index] = work()
        except expect as error:
            results[index] = error  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index, work)) for index, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


@contextmanager
def just_before(statement: str, happens: Callable[[], object]) -> Iterator[None]:
    """Commit a concurrent change before the first of these statements."""
    open_acts = [happens]

    def watch(execute: Any, sql: str, *arguments: Any) -> Any:
        if sql.startswith(statement) and open_acts:
            open_acts.pop()()
        return execute(sql, *arguments)

    with connection.execute_wrapper(watch):
        yield


@contextmanager
def just_after(statement: str, happens: Callable[[], object]) -> Iterator[None]:
    """Commit a concurrent change on another connection after the first of these statements."""
    open_acts = [happens]

    def watch(execute: Any, sql: str, *arguments: Any) -> Any:
        result = execute(sql, *arguments)
        if sql.startswith(statement) and open_acts:
            at_once(open_acts.pop(), expect=())
        return result

    with connection.execute_wrapper(watch):
        yield
