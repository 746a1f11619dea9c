"""The Celery app of the production set-up; embedded, the same functions run without a broker.

Every process imports it with ``config``, so it reads the settings only when it is used.
"""

from celery import Celery

app = Celery("clipdesk")
app.set_default()  # in all threads: "current" is the importing thread's alone, and requests have threads of their own
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="background")  # in workers and beat; a web process sends tasks by name
