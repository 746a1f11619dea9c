"""Which address a request came from."""

import pytest
from pytest_django import Settings

from core.web.client import client_address, user_agent


@pytest.mark.parametrize(
    ("proxies", "forwarded", "peer", "address"),
    [
        (0, "192.0.2.1", "127.0.0.1", "127.0.0.1"),
        (1, "192.0.2.1", "10.0.0.2", "192.0.2.1"),
        (1, "6.6.6.6, 192.0.2.1", "10.0.0.2", "192.0.2.1"),
        (2, "6.6.6.6, 192.0.2.1, 10.0.0.9", "10.0.0.2", "192.0.2.1"),
        (2, "192.0.2.1", "10.0.0.2", "192.0.2.1"),
        (1, "", "10.0.0.2", "10.0.0.2"),
        (1, "rubbish\n", "10.0.0.2", ""),
        (1, "[2001:db8::1]:443", "10.0.0.2", "2001:db8::1"),
        (1, "192.0.2.1:8080", "10.0.0.2", "192.0.2.1"),
        (0, "", "::ffff:192.0.2.1", "192.0.2.1"),
        (0, "", "", ""),
    ],
)
def test_only_trusted_proxies_say_where_a_request_came_from(
    settings: Settings, proxies: int, forwarded: str, peer: str, address: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies

    assert client_address({"HTTP_X_FORWARDED_FOR": forwarded, "REMOTE_ADDR": peer}) == address


def test_user_agent_is_one_short_line() -> None:
    assert user_agent({"HTTP_USER_AGENT": "a\r\nb" + "c" * 500}) == "ab" + "c" * 198
