from collections.abc import Iterator

import pytest

from tiktok.tests.integration.simulator.talk import Talk
from tiktok.tests.media_server import MediaServer, serving_media
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


@pytest.fixture
def media(tiktok: Simulator) -> Iterator[MediaServer]:
    """A web server whose prefix is verified for the app; pulls that break off are tried again at once."""
    tiktok.settings(pull_pause_s=0.0)
    with serving_media() as server:
        tiktok.trust_prefix(server.prefix)
        yield server
