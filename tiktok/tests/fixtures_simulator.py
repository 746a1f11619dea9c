"""The simulated TikTok as fixtures: one process per test process, an empty world per test."""

from collections.abc import Iterator

import pytest

from tiktok.tests.simulator_process import Simulator


@pytest.fixture(scope="session")
def tiktok_process() -> Iterator[Simulator]:
    simulator = Simulator().start()
    yield simulator
    simulator.stop()


@pytest.fixture
def tiktok(tiktok_process: Simulator) -> Simulator:
    """A TikTok with the app ``sim-client-key`` and no users."""
    tiktok_process.reset()
    return tiktok_process
