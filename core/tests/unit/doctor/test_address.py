"""Whether BASE_URL leads to this deployment; tunnels, strangers, proxies."""

from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses
from django.http import HttpRequest
from django.test import RequestFactory
from pytest_django import Settings

from core.doctor import address
from core.doctor.finding import Finding, State
from core.doctor.run import CheckContext
from core.web.health import healthz

Answer = tuple[int, dict[str, str], str]
ONLINE = CheckContext(is_online=True, database_answers=False)
TUNNEL = "https://calm-fox.ngrok-free.app"


@pytest.fixture
def network() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture(autouse=True)
def _base_url(settings: Settings) -> None:
    settings.BASE_URL = "https://clip.example.com"
    settings.ALLOWED_HOSTS = ["clip.example.com"]


def ourselves(**headers: str) -> Callable[[requests.PreparedRequest], Answer]:
    """Answer a request as our own healthz, with the headers that a proxy adds."""

    def answer(asked: requests.PreparedRequest) -> Answer:
        challenge = parse_qs(urlsplit(str(asked.url)).query)["challenge"][0]
        request: HttpRequest = RequestFactory().get(f"/healthz?challenge={challenge}", headers=headers)
        return 200, {}, healthz(request).content.decode()

    return answer


def look() -> dict[str, Finding]:
    return {finding.check: finding for finding in address.reaches_us(ONLINE)}


def test_our_own_address_is_known_by_its_proof(network: responses.RequestsMock, settings: Settings) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    network.add_callback("GET", "https://clip.example.com/healthz", ourselves(**{"X-Forwarded-For": "203.0.113.9"}))

    assert {check: finding.state for check, finding in look().items()} == {"address": State.OK, "proxies": State.OK}


@pytest.mark.parametrize("body", ["<html>", "{}", '{"status": "ok", "proof": "0123"}', "[]"])
def test_foreign_server_at_our_address_is_a_fault(network: responses.RequestsMock, body: str) -> None:
    network.get("https://clip.example.com/healthz", body=body)

    found = look()["address"]

    assert (found.state, found.step) == (
        State.FAULT,
        "Set BASE_URL to this installation’s own address, or point that address here, and restart.",
    )


@pytest.mark.parametrize("answer", [requests.ConnectionError(), "{}", requests.Timeout()])
def test_tunnel_whose_address_changed_is_named(
    network: responses.RequestsMock, settings: Settings, answer: str | Exception
) -> None:
    settings.BASE_URL = TUNNEL
    network.get(f"{TUNNEL}/healthz", body=answer)

    found = look()["address"]

    assert found.state == State.FAULT
    assert found.step.startswith(
        "The tunnel’s address has changed or the tunnel is down. Start it, set BASE_URL to its"
    )


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (requests.exceptions.SSLError(), "its certificate is not valid"),
        (requests.Timeout(), "the connection timed out"),
        (requests.ConnectionError(), "the name is unknown, or nothing listens there"),
    ],
)
def test_why_the_address_does_not_answer_is_said(network: responses.RequestsMock, fault: Exception, words: str) -> None:
    network.get("https://clip.example.com/healthz", body=fault)

    found = look()["address"]

    assert (found.state, found.text) == (
        State.FAULT, f"https://clip.example.com cannot be reached from this server: {words}.",
    )  # fmt: skip
    assert "correct DNS, the certificate, the proxy or BASE_URL" in found.step


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "returns error 400, as Clipdesk does for hosts that are missing from ALLOWED_HOSTS."),
        (502, "returns error 502, like a proxy that cannot reach Clipdesk."),
        (301, "redirects to www.example.com."),
    ],
)
def test_odd_answer_of_our_address_is_said(network: responses.RequestsMock, status: int, words: str) -> None:
    network.get("https://clip.example.com/healthz", status=status, headers={"Location": "https://www.example.com/x"})

    assert (look()["address"].state, look()["address"].text) == (State.FAULT, f"https://clip.example.com {words}")


def test_product_that_does_not_run_yet_is_no_fault(network: responses.RequestsMock, settings: Settings) -> None:
    settings.BASE_URL = "http://127.0.0.1:8000"
    network.get("http://127.0.0.1:8000/healthz", body=requests.ConnectionError())

    assert look()["address"].state == State.WARNING


@pytest.mark.parametrize(
    ("changes", "state", "step"),
    [
        ({"SECURE_SSL_REDIRECT": True}, State.FAULT, "Make the proxy send X-Forwarded-Proto: https."),
        ({"TRUSTED_PROXY_COUNT": 2}, State.WARNING,
         "Set TRUSTED_PROXY_COUNT=1 and restart: sign-in limits count attempts by address."),
    ],
)  # fmt: skip
def test_proxy_that_is_not_as_the_settings_say_is_named(
    network: responses.RequestsMock, settings: Settings, changes: dict[str, object], state: State, step: str
) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)
    network.add_callback("GET", "https://clip.example.com/healthz", ourselves(**{"X-Forwarded-For": "203.0.113.9"}))

    found = look()["proxies"]

    assert (found.state, found.step) == (state, step)


def test_healthz_without_a_challenge_tells_nothing_of_us() -> None:
    for query in ("", "?challenge=short", f"?challenge={'x' * 65}"):
        assert healthz(RequestFactory().get(f"/healthz{query}")).content == b'{"status": "ok"}'


def test_offline_run_makes_no_calls() -> None:
    findings = list(address.reaches_us(CheckContext(is_online=False, database_answers=True)))

    assert [finding.state for finding in findings] == [State.CANNOT_TELL, State.CANNOT_TELL]
