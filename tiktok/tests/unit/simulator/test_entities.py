"""Redirect URIs as TikTok registers and matches them."""

import pytest

from tiktok.simulator.entities import App, redirect_fault

LOCAL = "http://127.0.0.1:*/callback/"


@pytest.mark.parametrize(
    ("uri", "app_type", "loopback", "is_accepted"),
    [
        ("https://clips.example/callback/", "web", False, True),
        ("http://clips.example/callback/", "web", False, False),
        ("http://clips.example/callback/", "web", True, False),
        ("http://127.0.0.1:8000/callback/", "web", True, True),
        ("http://127.0.0.1:8000/callback/", "web", False, False),
        ("https://clips.example/callback/?a=b", "web", False, False),
        ("https://clips.example/callback/#a", "web", False, False),
        ("https://clips.example/" + "x" * 500, "web", False, False),
        ("/callback/", "web", False, False),
        (LOCAL, "desktop", False, True),
        ("https://localhost:3000/callback/", "desktop", False, True),
        ("http://127.0.0.1/callback/", "desktop", False, False),
        ("http://127.0.0.1:99999/callback/", "desktop", False, False),
        ("https://clips.example:443/callback/", "desktop", False, False),
    ],
)
def test_redirect_uris_are_registered_by_the_rules(uri: str, app_type: str, loopback: bool, is_accepted: bool) -> None:
    assert (redirect_fault(uri, app_type=app_type, loopback=loopback) == "") is is_accepted


@pytest.mark.parametrize(
    ("uri", "is_match"),
    [
        ("http://127.0.0.1:8000/callback/", True),
        ("http://127.0.0.1:1/callback/", True),
        ("http://127.0.0.1:8000/callback", False),
        ("http://127.0.0.1:8000/callback/?x", False),
        ("http://127.0.0.1:8000/other/", False),
        ("http://127.0.0.1/callback/", False),
        ("http://127.0.0.1:/callback/", False),
        ("http://127.0.0.1:80@evil.example/callback/", False),
        ("http://127.0.0.12:80/callback/", False),
        ("http://localhost:8000/callback/", False),
        ("https://127.0.0.1:8000/callback/", False),
    ],
)
def test_star_stands_for_the_port_alone(uri: str, is_match: bool) -> None:
    assert App("key", redirect_uris=[LOCAL]).accepts_redirect(uri) is is_match
