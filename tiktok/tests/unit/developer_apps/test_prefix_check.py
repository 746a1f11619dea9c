"""The request of the verification file from outside, against hosts that answer wrongly."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from tiktok.developer_apps.prefix.check import find_problem
from tiktok.developer_apps.prefix.problems import PrefixProblem
from tiktok.developer_apps.prefix.rules import verification_file
from tiktok.tests.public_hosts import PUBLIC, TlsHost, World, make_certificate, trusting
from tiktok.tests.unit.api.peer import http

HOST = "clip.example.com"
PREFIX = f"https://{HOST}/m/"
LINE = "tiktok-developers-site-verification=Vr8r1YMiO490psCs9PIqCeFssNIy7bN8"
FILE = verification_file(LINE)


@pytest.fixture(autouse=True)
def at_the_real_tiktok(settings: Settings) -> None:
    settings.BASE_URL = f"https://{HOST}"
    settings.TIKTOK_API_BASE_URL = "https://open.tiktokapis.com"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls") / "clip.pem", HOST)


Ask = Callable[[bytes], PrefixProblem | None]


@pytest.fixture
def ask(certificate: Path) -> Iterator[Ask]:
    """Check the prefix of a host on the open internet that gives this answer."""
    hosts: list[TlsHost] = []

    def check(answer: bytes) -> PrefixProblem | None:
        hosts.append(TlsHost(certificate, answer))
        world = World([[PUBLIC]], port=hosts[-1].port, tls=trusting(certificate))
        return find_problem(PREFIX, FILE, network=world.network)

    yield check
    for host in hosts:
        assert [head.split(b"\r\n")[0] for head in host.heads] == [f"GET /m/{FILE.name} HTTP/1.1".encode()]
        host.close()


def plain(body: str, content_type: str = "text/plain") -> bytes:
    return http(200, body.encode(), content_type=content_type)


@pytest.mark.parametrize("content_type", ["text/plain", "text/plain; charset=utf-8"])
def test_exact_file_as_plain_text_has_no_problem(ask: Ask, content_type: str) -> None:
    assert ask(plain(LINE, content_type)) is None


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (http(301, location=f"{PREFIX}elsewhere.txt"), PrefixProblem.REDIRECT),
        (http(308, location=f"https://www.{HOST}/"), PrefixProblem.REDIRECT),
        (http(400), PrefixProblem.BAD_REQUEST),
        (http(404), PrefixProblem.NOT_FOUND),
        (http(403), PrefixProblem.OTHER_STATUS),
        (http(502), PrefixProblem.OTHER_STATUS),
        (plain(LINE, "text/html"), PrefixProblem.CONTENT_TYPE),
        (http(200, LINE.encode()), PrefixProblem.CONTENT_TYPE),
        (plain(LINE[:-1]), PrefixProblem.CONTENT),
        (plain(f"{LINE}x"), PrefixProblem.CONTENT),
        (plain("x" * 5000), PrefixProblem.CONTENT),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\nContent-Type: text/plain\r\n\r\nhalf", PrefixProblem.BROKEN_OFF),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", PrefixProblem.CONTENT),
    ],
)
def test_wrong_answer_is_named(ask: Ask, answer: bytes, expected: PrefixProblem) -> None:
    assert ask(answer) == expected


@pytest.mark.parametrize("ip", ["127.0.0.1", "10.0.0.7", "192.168.1.20", "fd12::1", "169.254.169.254"])
def test_name_that_leads_to_a_private_address_is_never_called(ip: str) -> None:
    world = World([[ip]])

    assert find_problem(PREFIX, FILE, network=world.network) == PrefixProblem.NOT_PUBLIC
    assert world.reached == []


def test_unknown_name_is_named() -> None:
    assert find_problem(PREFIX, FILE, network=World([[]]).network) == PrefixProblem.UNRESOLVED


def test_certificate_of_another_host_is_named(tmp_path: Path) -> None:
    other = make_certificate(tmp_path / "other.pem", "other.example")
    host = TlsHost(other, plain(LINE))
    world = World([[PUBLIC]], port=host.port, tls=trusting(other))

    assert find_problem(PREFIX, FILE, network=world.network) == PrefixProblem.NO_TLS
    host.close()


def test_host_that_does_not_answer_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = listener.getsockname()[1]

    assert find_problem(PREFIX, FILE, network=World([[PUBLIC]], port=free).network) == PrefixProblem.NO_CONNECTION


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("http://127.0.0.1:8000", PrefixProblem.OWN_MACHINE),
        ("http://192.168.1.20:8000", PrefixProblem.IP_ADDRESS),
        ("http://clip.example.com", PrefixProblem.NOT_HTTPS),
    ],
)
def test_address_that_cannot_work_is_not_even_called(
    settings: Settings, base_url: str, expected: PrefixProblem
) -> None:
    settings.BASE_URL = base_url
    world = World([])

    assert find_problem(f"{base_url}/m/", FILE, network=world.network) == expected
    assert (world.asked, world.reached) == ([], [])


def test_simulated_tiktok_elsewhere_changes_no_rule(settings: Settings) -> None:
    settings.BASE_URL = "http://127.0.0.1:8000"
    settings.TIKTOK_API_BASE_URL = "https://simulator.example.com"

    assert find_problem("http://127.0.0.1:8000/m/", FILE, network=World([]).network) == PrefixProblem.OWN_MACHINE


def test_simulated_tiktok_here_makes_no_other_address_possible(settings: Settings) -> None:
    settings.BASE_URL = "https://clip.example.com"
    settings.TIKTOK_API_BASE_URL = "http://127.0.0.1:8010"

    assert find_problem(PREFIX, FILE, network=World([["10.0.0.7"]]).network) == PrefixProblem.NOT_PUBLIC
