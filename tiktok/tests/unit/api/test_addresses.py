import pytest

from tiktok.api.addresses import Address, is_loopback_host, parse


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://a.example", Address("https", "a.example", 443, "")),
        ("https://A.Example:8443/x?y=1#z", Address("https", "a.example", 8443, "/x?y=1")),
        ("http://[::1]:80?q", Address("http", "::1", 80, "?q")),
    ],
)
def test_plain_address_is_taken_apart(text: str, address: Address) -> None:
    assert parse(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ftp://a.example/",
        "//a.example/",
        "https://",
        "https://user@a.example/",
        "https://user:password@a.example/",
        "https://evil.example\\@a.example/",
        "https://a.example\\x",
        "https://a.example/ x",
        "https://a.example/\r\nHost: b",
        "https://a.example/ü",
        "https://exämple.com/",
        "https://a.example:0/",
        "https://a.example:65536/",
        "https://a.example:/",
        "https://a.example./",
        "https://.example/",
        " https://a.example/",
        "HTTPS://a.example/",
    ],
)
def test_odd_text_is_not_an_address(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("a.localhost", False),
    ],
)
def test_loopback_is_known_by_name_and_number(host: str, is_loopback: bool) -> None:
    assert is_loopback_host(host) == is_loopback
