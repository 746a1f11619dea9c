"""Which addresses are ours, and what becomes of one that a request's Host has shaped."""

import pytest
from django.core.exceptions import DisallowedHost
from django.http import HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from accounts.addresses import BaseUrlHostMiddleware, at_base_url, is_own_address


@pytest.mark.parametrize(
    ("target", "is_ours"),
    [
        ("/i/aurora/", True),
        ("https://clip.example.com/i/aurora/", True),
        ("http://clip.example.com/i/aurora/", False),
        ("https://localhost/x", False),
        ("//localhost/x", False),
        ("https://127.0.0.1/x", False),
        ("https://clip.example.com:31337/x", False),
        ("https://evil.example/x", False),
        ("javascript:alert(1)", False),
        ("", False),
    ],
)
def test_redirects_follow_only_the_host_of_base_url(settings: Settings, target: str, is_ours: bool) -> None:
    settings.BASE_URL = "https://clip.example.com"
    settings.ALLOWED_HOSTS = ["clip.example.com", "localhost", "127.0.0.1"]

    assert is_own_address(target) is is_ours


def test_address_made_from_a_request_moves_to_base_url(settings: Settings) -> None:
    settings.BASE_URL = "https://clip.example.com"

    assert at_base_url("http://localhost:31337/auth/key/?next=/i/") == "https://clip.example.com/auth/key/?next=/i/"


@pytest.mark.parametrize("host", ["clip.example.com", "Clip.Example.com", "clip.example.com:443"])
def test_host_of_base_url_is_served(settings: Settings, host: str) -> None:
    settings.BASE_URL, settings.ALLOWED_HOSTS = "https://clip.example.com", ["clip.example.com"]
    request = RequestFactory(headers={"host": host}).get("/")

    assert BaseUrlHostMiddleware(lambda _request: HttpResponse("served"))(request).status_code == 200


@pytest.mark.parametrize("host", ["clip.example.com:31337", "clip.example.com.", "localhost", "127.0.0.1:8000"])
def test_other_hosts_and_ports_are_refused(settings: Settings, host: str) -> None:
    settings.BASE_URL, settings.ALLOWED_HOSTS = "https://clip.example.com", ["*"]
    request = RequestFactory(headers={"host": host}).get("/")

    with pytest.raises(DisallowedHost):
        BaseUrlHostMiddleware(lambda _request: HttpResponse("served"))(request)
