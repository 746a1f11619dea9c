"""Hints to workers. Losing one delays work by a sweep; doubling one changes nothing."""

import logging
import threading
import time
from typing import Final
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
PAUSE_AFTER_FAILURE_S: Final = 5.0
EXPIRES_S: Final = 60


class _Hints:
    """Count hints that could not be sent, and pause for a while after one."""

    def __init__(self) -> None:
        self.lost = 0
        self._quiet_until = 0.0
        self._lock = threading.Lock()

    def send(self, task: str, pk: str) -> None:
        if time.monotonic() < self._quiet_until:
            self._missed()
            return
        try:
            current_app.send_task(task, (pk,), expires=EXPIRES_S, ignore_result=True)
        except (OperationalError, RedisError, OSError) as error:
            self._quiet_until = time.monotonic() + PAUSE_AFTER_FAILURE_S
            self._missed()
            log.warning("hint not sent (%s); the sweep will find the work", type(error).__name__)

    def _missed(self) -> None:
        with self._lock:
            self.lost += 1


hints: Final = _Hints()


def nudge(task: str, pk: UUID | str) -> None:
    """Ask a worker, after the commit, to run the task of this name for ``pk`` soon.

    Never raises into a request and never holds it.

    Without a broker (embedded) this does nothing: the sweep looks every second.
    """
    if settings.REDIS_URL:
        transaction.on_commit(lambda: hints.send(task, str(pk)), robust=True)
