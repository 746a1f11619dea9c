"""The Celery app of the production set-up; embedded, the same functions run without a broker."""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

app = Celery("clipdesk")
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
app.autodiscover_tasks()
