from collections.abc import Callable, Iterator

import pytest
import responses

from tiktok.api.client import TikTokClient
from tiktok.api.secret import Secret

MakeClient = Callable[..., TikTokClient]


@pytest.fixture
def make_client() -> Iterator[MakeClient]:
    """A client with short time-outs, closed at the end."""
    made: list[TikTokClient] = []

    def make(base_url: str, *, connect_timeout_s: float = 1.0, read_timeout_s: float = 5.0) -> TikTokClient:
        made.append(TikTokClient(base_url, connect_timeout_s=connect_timeout_s, read_timeout_s=read_timeout_s))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client() -> TikTokClient:
    return TikTokClient()


@pytest.fixture
def access_token() -> Secret:
    return Secret("act.canary!4711*x")


@pytest.fixture
def mocked() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock
