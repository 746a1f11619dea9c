"""The way out follows the settings."""

import pytest
from pytest_django import Settings

from tiktok.access.gateway import loopback_exception, tiktok_client


def test_one_client_serves_all_until_the_settings_change(settings: Settings) -> None:
    settings.TIKTOK_API_BASE_URL = "http://127.0.0.1:9001"
    first = tiktok_client()

    assert tiktok_client() is first
    settings.TIKTOK_API_BASE_URL = "http://127.0.0.1:9002"
    assert tiktok_client().base_url == "http://127.0.0.1:9002"


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("https://open.tiktokapis.com", None),
        ("https://mirror.example.com", None),
        ("http://127.0.0.1:9001", ("127.0.0.1", 9001)),
        ("http://localhost", ("localhost", 80)),
    ],
)
def test_guarded_client_calls_this_machine_only_if_it_has_the_api(
    settings: Settings, base_url: str, expected: tuple[str, int] | None
) -> None:
    settings.TIKTOK_API_BASE_URL = base_url

    assert loopback_exception() == expected
