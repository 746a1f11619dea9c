"""Fixtures that every test of this app may ask for."""

from tiktok.tests.fixtures_publishing import (
    clock,
    jobs,
    linked,
    run_due_work,
    simulated,
    submit,
    video,
    worker,
)
from tiktok.tests.fixtures_simulator import tiktok, tiktok_process

__all__ = [
    "clock",
    "jobs",
    "linked",
    "run_due_work",
    "simulated",
    "submit",
    "tiktok",
    "tiktok_process",
    "video",
    "worker",
]
