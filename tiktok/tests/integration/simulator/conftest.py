import pytest

from tiktok.tests.integration.simulator.talk import Talk
from tiktok.tests.simulator_process import Simulator


@pytest.fixture
def talk(tiktok: Simulator) -> Talk:
    return Talk(tiktok)


@pytest.fixture
def maren(tiktok: Simulator) -> str:
    """A user with a public account."""
    return tiktok.create_user("maren", display_name="Maren Bakes")


@pytest.fixture
def token(tiktok: Simulator, maren: str) -> str:
    """Maren's access token with every scope."""
    return tiktok.grant(maren).access_token
