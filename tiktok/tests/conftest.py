"""Fixtures that every test of this app may ask for."""

from tiktok.tests.fixtures_credentials import account, app, credential, sim
from tiktok.tests.fixtures_downloads import photos, pulling, send, web
from tiktok.tests.fixtures_media import clip, run_due_checks
from tiktok.tests.fixtures_posts import (
    celery_worker,
    clock,
    jobs,
    linked,
    run_due_work,
    simulated,
    submit,
    video,
    worker,
)
from tiktok.tests.fixtures_rest import api, make_api
from tiktok.tests.fixtures_simulator import tiktok, tiktok_process

__all__ = [
    "account",
    "api",
    "app",
    "celery_worker",
    "clip",
    "clock",
    "credential",
    "jobs",
    "linked",
    "make_api",
    "photos",
    "pulling",
    "run_due_checks",
    "run_due_work",
    "send",
    "sim",
    "simulated",
    "submit",
    "tiktok",
    "tiktok_process",
    "video",
    "web",
    "worker",
]
