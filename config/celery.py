"""The Celery app of the production set-up; embedded, the same functions run without a broker."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init, worker_shutdown, worker_shutting_down
from django.conf import settings
from django.utils.module_loading import import_string
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

app = Celery("clipdesk")
app.set_default()  # in all threads: "current" is the importing thread's alone, and requests have threads of their own
app.conf.update(
    broker_url=settings.REDIS_URL or "memory://",
    task_ignore_result=True,
    task_acks_late=False,
    task_publish_retry=True,
    # A frozen or refused broker must not hold a request: one quick try more, then the sweep finds the work.
    task_publish_retry_policy={"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0},
    broker_transport_options={"socket_connect_timeout": 0.5, "socket_timeout": 1, "visibility_timeout": 3600},
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    timezone="UTC",
)
app.conf.task_queues = [Queue(name) for name in ("publish", "poll", "sync", "mail")]
app.conf.task_default_queue = "publish"
app.conf.beat_schedule = {
    name: {
        "task": "instances.jobs.tasks.run_periodic",
        "schedule": every_s,
        "args": [name],
        "options": {"queue": "sync", "expires": every_s},
    }
    for name, every_s, _run in settings.PERIODIC_JOBS
}
app.autodiscover_tasks()
app.autodiscover_tasks(["instances.jobs", "tiktok.media", "tiktok.publishing", "tiktok.webhooks"])


@worker_init.connect
def start_sweeper(**_: Any) -> None:
    """The sweep starts with the worker, whether or not the broker answers (``worker_ready`` waits for it)."""
    import_string("instances.jobs.worker.start")()


@worker_shutting_down.connect
def stop_steps(**_: Any) -> None:
    """TERM waits for running tasks: let them end between two blocks."""
    import_string("instances.jobs.worker.stop")()


@worker_shutdown.connect
def wait_for_sweep(**_: Any) -> None:
    """The sweeper's threads would end with the process, in the middle of their steps."""
    import_string("instances.jobs.worker.wait_for_sweep")()
