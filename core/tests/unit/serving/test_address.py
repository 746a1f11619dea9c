import socket

import pytest

from core.serving.address import Address, BadAddress, free_port


@pytest.mark.parametrize(
    ("text", "host", "port", "url"),
    [
        ("127.0.0.1:8000", "127.0.0.1", 8000, "http://127.0.0.1:8000"),
        ("localhost:8001", "127.0.0.1", 8001, "http://127.0.0.1:8001"),
        ("[::1]:8002", "::1", 8002, "http://[::1]:8002"),
    ],
)
def test_address_is_a_host_and_a_port(text: str, host: str, port: int, url: str) -> None:
    address = Address.parse(text)

    assert (address.host, address.port, address.url) == (host, port, url)
    assert address.is_loopback


@pytest.mark.parametrize("text", ["", "8000", "example.com:80", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:x", "1.2.3:80"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(BadAddress, match="--bind"):
        Address.parse(text)


def test_other_machines_reach_what_is_not_loopback() -> None:
    assert not Address.parse("0.0.0.0:8000").is_loopback


def test_port_with_a_listener_is_taken_and_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = Address("127.0.0.1", server.getsockname()[1])

        assert not address.is_free()
        assert address.answers()
        assert free_port(address.port) != address.port
    assert not address.answers()
    assert free_port(address.port) == address.port
