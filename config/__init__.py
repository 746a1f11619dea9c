"""Wiring only. Importing it sets up the Celery app, so that every process can nudge a worker."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
