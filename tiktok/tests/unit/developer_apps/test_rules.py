"""TikTok's rules for redirect URIs and keys, as tables."""

import pytest
from django.core.exceptions import ValidationError

from tiktok.access.scopes import missing_features
from tiktok.developer_apps.rules import check_key, check_redirect_uri, type_for

FINE = [
    ("https://clip.example.com/auth/tiktok/login/callback/", "web"),
    ("http://127.0.0.1:8000/cb/", "desktop"),
    ("https://localhost:1/cb", "desktop"),
]
REFUSED = [
    ("http://clip.example.com/cb/", "web", "not_https"),
    ("/cb/", "web", "relative"),
    ("https://user@clip.example.com/", "web", "relative"),
    ("https://clip.example.com/cb/?a=1", "web", "not_static"),
    ("https://clip.example.com/cb/#x", "web", "not_static"),
    ("https://clip.example.com/" + "x" * 490, "web", "not_static"),
    ("https://clip.example.com:port/", "web", "malformed"),
    ("http://localhost/cb/", "desktop", "not_own_machine"),
    ("http://clip.example.com:80/cb/", "desktop", "not_own_machine"),
    ("ftp://localhost:1/cb/", "desktop", "not_own_machine"),
]


@pytest.mark.parametrize(("uri", "app_type"), FINE)
def test_redirect_uri_that_tiktok_takes(uri: str, app_type: str) -> None:
    check_redirect_uri(uri, app_type)


@pytest.mark.parametrize(("uri", "app_type", "code"), REFUSED)
def test_redirect_uri_that_tiktok_refuses(uri: str, app_type: str, code: str) -> None:
    with pytest.raises(ValidationError) as raised:
        check_redirect_uri(uri, app_type)
    assert raised.value.code == code


@pytest.mark.parametrize("key", ['"abc"', "'abc'", "ab c", "abc\n", "“abc”", "ab\0c"])
def test_what_was_copied_along_with_a_key_is_refused(key: str) -> None:
    with pytest.raises(ValidationError):
        check_key(key)


def test_this_machine_means_a_desktop_app_with_hex_pkce() -> None:
    assert type_for("http://127.0.0.1:8000/cb/") == ("desktop", "hex")
    assert type_for("https://clip.example.com/cb/") == ("web", "off")


def test_features_are_named_in_the_order_of_the_consent_page() -> None:
    asked = ["user.info.basic", "video.list", "video.publish", "new.scope"]

    assert missing_features(asked, ["user.info.basic"]) == [
        "the list of videos",
        "publishing",
        "new.scope",
    ]
    assert missing_features(asked, asked) == []
