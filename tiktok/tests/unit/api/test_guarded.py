"""The guarded client: a fake name server with any answer, and a host on loopback in place of every address."""

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tiktok.api.guarded import AddressRefused, Fetched, FetchFailed, Network, Trouble, fetch, is_public
from tiktok.tests.public_hosts import PUBLIC, TlsHost, World, make_certificate, trusting
from tiktok.tests.unit.api.peer import Conversation, Peer, Script, answers, http

URL = "https://cdn.example/avatar.jpeg?sig=1"


def get(url: str, world: World, loopback: tuple[str, int] | None = None) -> Fetched:
    return fetch(url, max_bytes=1000, timeout_s=5, loopback=loopback, network=world.network)


@pytest.mark.parametrize(
    "ip",
    [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "192.88.99.1",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "fec0::1",
        "::ffff:127.0.0.1",
        "::ffff:93.184.215.14",
        "64:ff9b::7f00:1",
        "2002:7f00:1::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:db8::1",
    ],
)
def test_only_public_addresses_are_connected_to(ip: str) -> None:
    world = World([[ip]])
    with pytest.raises(AddressRefused):
        get(URL, world)
    assert world.reached == []


@pytest.mark.parametrize("ip", [PUBLIC, "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946"])
def test_public_address_is_known(ip: str) -> None:
    assert is_public(ipaddress.ip_address(ip))


def test_one_private_address_among_public_ones_refuses_all() -> None:
    world = World([[PUBLIC, "10.0.0.1"]])
    with pytest.raises(AddressRefused):
        get(URL, world)
    assert world.reached == []


@pytest.mark.parametrize(
    "url",
    [
        "http://cdn.example/x",
        "https://cdn.example:8443/x",
        "https://cdn.example:80/x",
        "http://cdn.example:443/x",
        "https://user:password@cdn.example/x",
        "https://user@cdn.example/x",
        "ftp://cdn.example/x",
        "file:///etc/passwd",
        "gopher://cdn.example/x",
        "https://cdn.example\\@evil.example/x",
        "https://cdn.example/\r\nX: y",
        "//cdn.example/x",
        "",
    ],
)
def test_anything_but_plain_https_on_443_is_refused_unasked(url: str) -> None:
    world = World([])
    with pytest.raises(AddressRefused) as raised:
        get(url, world)
    assert world.asked == []
    assert "example" not in str(raised.value)


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "[::ffff:7f00:1]", "localhost"]
)
def test_loopback_in_every_spelling_is_refused_by_the_real_resolver(host: str) -> None:
    with pytest.raises(AddressRefused):
        fetch(f"https://{host}/x", max_bytes=1, timeout_s=2)


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "x" * 300])
def test_name_that_cannot_be_a_name_fails(host: str) -> None:
    with pytest.raises((FetchFailed, AddressRefused)):
        fetch(f"https://{host}/x", max_bytes=1, timeout_s=2)


def test_name_without_an_address_fails() -> None:
    with pytest.raises(FetchFailed):
        get(URL, World([[]]))


# The exception for loopback


def test_loopback_exception_is_asked_by_plain_http() -> None:
    with Peer(*answers(http(200, b"image", content_type="image/JPEG; x=y"))) as peer:
        fetched = fetch(f"{peer.url}/a.jpeg?s=1", max_bytes=5, timeout_s=5, loopback=("127.0.0.1", peer.port))

    assert fetched == Fetched(b"image", "image/jpeg")
    assert peer.heads[0].decode().split("\r\n")[:2] == ["GET /a.jpeg?s=1 HTTP/1.1", f"Host: 127.0.0.1:{peer.port}"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9001/", "http://127.0.0.2:9000/", "http://localhost:9000/", "http://127.0.0.1/"]
)
def test_exception_is_exactly_one_host_and_port(url: str) -> None:
    world = World([["127.0.0.1"]])
    with pytest.raises(AddressRefused):
        get(url, world, loopback=("127.0.0.1", 9000))
    assert world.reached == []


def test_exception_does_not_lead_to_any_other_machine() -> None:
    world = World([["10.0.0.1"]])
    with pytest.raises(AddressRefused):
        get("http://localhost:9000/", world, loopback=("localhost", 9000))


# Behaviour of hosts


def fetch_own(script: Script, *, max_bytes: int = 1000, timeout_s: float = 5) -> Fetched:
    with Peer(script) as peer:
        return fetch(f"{peer.url}/x", max_bytes=max_bytes, timeout_s=timeout_s, loopback=("127.0.0.1", peer.port))


@pytest.mark.parametrize("status", [204, 206, 301, 302, 307, 403, 404, 500])
def test_only_a_200_counts_and_no_redirect_is_followed(status: int) -> None:
    with Peer(*answers(http(200))) as other:
        with pytest.raises(FetchFailed, match=str(status)) as raised:
            fetch_own(*answers(http(status, location=f"{other.url}/")))
        assert (raised.value.trouble, raised.value.status) == (Trouble.STATUS, status)
        assert other.connections == 0


def test_content_of_exactly_the_cap_is_taken_and_one_byte_more_refused() -> None:
    assert fetch_own(*answers(http(200, b"x" * 10)), max_bytes=10) == Fetched(b"x" * 10, "")
    with pytest.raises(FetchFailed, match="too large"):
        fetch_own(*answers(http(200, b"x" * 11)), max_bytes=10)


def test_endless_content_is_cut_off() -> None:
    def flood(talk: Conversation) -> None:
        talk.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            talk.say(b"1000\r\n" + b"x" * 4096 + b"\r\n")

    with pytest.raises(FetchFailed, match="too large"):
        fetch_own(flood, max_bytes=100_000)


def drip_body(talk: Conversation) -> None:
    talk.say(b"HTTP/1.1 200 OK\r\n\r\n")
    drip(talk, b"x")


def drip_head(talk: Conversation) -> None:
    talk.say(b"HTTP/1.1 200 OK\r\nX: ")
    drip(talk, b"x")


def say_nothing(talk: Conversation) -> None:
    talk.line.recv(1)


def drip(talk: Conversation, byte: bytes) -> None:
    pause = threading.Event()
    while not pause.wait(0.02):
        talk.say(byte)


@pytest.mark.parametrize("script", [drip_body, drip_head, say_nothing])
def test_whole_of_it_has_one_deadline(script: Script) -> None:
    began = time.monotonic()
    with pytest.raises(FetchFailed) as raised:
        fetch_own(script, timeout_s=0.3)
    assert time.monotonic() - began < 2
    assert raised.value.trouble == Trouble.SLOW


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
    ],
)
def test_garbled_or_broken_answer_fails(said: bytes) -> None:
    def script(talk: Conversation) -> None:
        talk.say(said)
        talk.hang_up()

    with pytest.raises(FetchFailed):
        fetch_own(script)


def test_host_that_is_not_there_fails() -> None:
    with Peer() as peer:
        port = peer.port
    with pytest.raises(FetchFailed, match="no connection"):
        fetch(f"http://127.0.0.1:{port}/", max_bytes=1, timeout_s=1, loopback=("127.0.0.1", port))


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls") / "cdn.pem", "cdn.example")


@pytest.fixture
def tls_host(certificate: Path) -> Iterator[TlsHost]:
    host = TlsHost(certificate, http(200, b"image", content_type="image/png"))
    yield host
    host.close()


def test_looked_at_address_is_connected_to_under_the_hosts_name(certificate: Path, tls_host: TlsHost) -> None:
    world = World([[PUBLIC], ["127.0.0.1"]], port=tls_host.port, tls=trusting(certificate))

    assert get(URL, world) == Fetched(b"image", "image/png")

    assert world.asked == [("cdn.example", 443)]  # a second answer, which rebinds the name, is never asked for
    assert world.reached == [(PUBLIC, 443)]
    assert tls_host.names == ["cdn.example"]
    assert tls_host.heads[0].split(b"\r\n")[:2] == [b"GET /avatar.jpeg?sig=1 HTTP/1.1", b"Host: cdn.example"]


@pytest.mark.parametrize("url", ["https://other.example/x", f"https://{PUBLIC}/x"])
def test_certificate_for_another_name_is_refused(certificate: Path, tls_host: TlsHost, url: str) -> None:
    world = World([[PUBLIC]], port=tls_host.port, tls=trusting(certificate))
    with pytest.raises(FetchFailed, match="TLS"):
        get(url, world)
    assert tls_host.heads == []


def test_untrusted_certificate_is_refused(tls_host: TlsHost) -> None:
    with pytest.raises(FetchFailed, match="TLS"):
        get(URL, World([[PUBLIC]], port=tls_host.port, tls=Network().tls))
    assert tls_host.heads == []


def test_next_address_is_tried_when_one_does_not_answer(certificate: Path, tls_host: TlsHost) -> None:
    class OneIsDown(World):
        def connect(self, ip: str, port: int, timeout_s: float) -> socket.socket:
            line = super().connect(ip, port, timeout_s) if ip != PUBLIC else None
            if line is None:
                raise TimeoutError
            return line

    world = OneIsDown([[PUBLIC, "8.8.8.8"]], port=tls_host.port, tls=trusting(certificate))
    assert get(URL, world).content == b"image"
