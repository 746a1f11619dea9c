"""URL properties as TikTok registers and matches them."""

import pytest

from tiktok.simulator.entities import UrlProperty
from tiktok.simulator.ownership import domain_fault, prefix_fault


@pytest.mark.parametrize(
    ("value", "loopback", "is_accepted"),
    [
        ("https://clips.example/m/", False, True),
        ("https://clips.example/", False, True),
        ("https://clips.example:8443/m/", False, True),
        ("https://clips.example/m", False, False),
        ("https://clips.example/m/?a=/", False, False),
        ("https://clips.example/m/#a/", False, False),
        ("http://clips.example/m/", True, False),
        ("https://10.0.0.7/m/", False, False),
        ("https://[::1]/m/", False, False),
        ("http://127.0.0.1:8000/m/", True, True),
        ("http://localhost:8000/m/", True, True),
        ("http://127.0.0.1:8000/m/", False, False),
        ("clips.example/m/", False, False),
        ("https:///m/", False, False),
        ("https://clips.example:99999/m/", False, False),
        ("https://clips.example/a b/", False, False),
    ],
)
def test_prefixes_are_registered_by_the_rules(value: str, loopback: bool, is_accepted: bool) -> None:
    assert (prefix_fault(value, loopback=loopback) == "") is is_accepted


@pytest.mark.parametrize(
    ("value", "is_accepted"),
    [
        ("clips.example", True),
        ("media.clips.example", True),
        ("Clips.example", False),
        ("https://clips.example", False),
        ("clips.example/m", False),
        ("clips.example:443", True),
        ("localhost", False),
        ("10.0.0.7", False),
        ("", False),
    ],
)
def test_domains_are_registered_by_the_rules(value: str, is_accepted: bool) -> None:
    assert (domain_fault(value) == "") is is_accepted


@pytest.mark.parametrize(
    ("url", "is_covered"),
    [
        ("https://clips.example/m/abc", True),
        ("https://clips.example/m/", True),
        ("https://clips.example/mx/abc", False),
        ("https://clips.example/M/abc", False),
        ("https://clips.example:443/m/abc", False),
        ("https://www.clips.example/m/abc", False),
        ("http://clips.example/m/abc", False),
        ("https://clips.example@evil.example/m/abc", False),
    ],
)
def test_prefix_covers_what_begins_with_it(url: str, is_covered: bool) -> None:
    assert UrlProperty("key", "prefix", "https://clips.example/m/", "s").covers(url) is is_covered


@pytest.mark.parametrize(
    ("url", "is_covered"),
    [
        ("https://clips.example/abc", True),
        ("https://a.b.clips.example/abc", True),
        ("https://CLIPS.example/abc", True),
        ("https://example/abc", False),
        ("https://notclips.example/abc", False),
        ("https://clips.example.org/abc", False),
        ("https://clips.example@evil.example/abc", False),
    ],
)
def test_domain_covers_its_paths_and_subdomains(url: str, is_covered: bool) -> None:
    assert UrlProperty("key", "domain", "clips.example", "s").covers(url) is is_covered
