"""Wiring only. The Celery app is here so that whoever nudges a worker, in whatever process, has it."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
