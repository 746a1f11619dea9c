"""Secrets that the embedded product makes for itself, and addresses as browsers write them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "secrets" / "mine"


def while_writing(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Do something just before what was written is safe on the disk."""
    real = os.fsync

    def fsync(descriptor: int) -> None:
        act()
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)


def test_secret_is_there_as_a_whole_or_not_at_all(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    while_writing(monkeypatch, lambda: seen.append(path.exists()))
    made = env.stored_secret(path.parents[1], "mine")

    assert (seen, len(made)) == ([False], 64)
    assert (path.read_text(), path.stat().st_mode & 0o777) == (made, 0o600)
    assert list(path.parent.iterdir()) == [path]


def test_who_comes_second_takes_the_secret_of_the_first(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    while_writing(monkeypatch, lambda: path.write_text("the first"))

    assert env.stored_secret(path.parents[1], "mine") == "the first"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("https://Clip.Example.TEST/", "https://clip.example.test"),
        ("HTTPS://CLIP.example.test", "https://clip.example.test"),
        ("https://clip.example.test.", "https://clip.example.test"),
        ("https://clip.example.test:443", "https://clip.example.test"),
        ("https://Clip.example.test:8443", "https://clip.example.test:8443"),
        ("https://Bücher.example", "https://xn--bcher-kva.example"),
        ("http://LOCALHOST:8000/", "http://localhost:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_base_url_is_read_as_browsers_write_it(monkeypatch: pytest.MonkeyPatch, value: str, address: str) -> None:
    monkeypatch.setenv("BASE_URL", value)

    assert env.site("BASE_URL", "") == address


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("https://clip.example.test/sub", "must have no path, but has '/sub': Clipdesk needs a host of its own."),
        ("https://clip.example.test/sub/?", "must have no path, but has '/sub': Clipdesk needs a host of its own."),
        ("https://clip.example.test/?a=1", "must be an address such as https://clip.example.com"),
        ("https://clip.example.test:port", "must be an address such as https://clip.example.com"),
        ("clip.example.test", "must be an address such as https://clip.example.com"),
        ("https://", "must be an address such as https://clip.example.com"),
        ("https://me:canary@clip.example.test", "must have neither user name nor password."),
        ("http://clip.example.test", "must use https; plain http is allowed on loopback only."),
    ],
)
def test_unusable_base_url_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, value: str, message: str) -> None:
    monkeypatch.setenv("BASE_URL", value)

    with pytest.raises(ImproperlyConfigured) as refused:
        env.site("BASE_URL", "")

    assert str(refused.value).startswith(f"BASE_URL {message}")
    assert "canary" not in str(refused.value)


def test_address_of_an_api_keeps_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOK_AUTHORIZE_URL", "https://WWW.tiktok.com/v2/Auth/authorize/")

    assert env.url("TIKTOK_AUTHORIZE_URL", "") == "https://www.tiktok.com/v2/Auth/authorize"


def test_trusted_origins_are_read_as_browsers_send_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSRF_TRUSTED_ORIGINS", "https://Clip.Example.test/, https://*.Example.test, https://b.test:443")

    assert env.origins("CSRF_TRUSTED_ORIGINS", "") == [
        "https://clip.example.test", "https://*.example.test", "https://b.test",
    ]  # fmt: skip


@pytest.mark.parametrize("value", ["https://clip.example.test/sub", "clip.example.test", "https://a.test,*"])
def test_trusted_origin_with_a_path_or_no_scheme_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CSRF_TRUSTED_ORIGINS", value)

    with pytest.raises(ImproperlyConfigured, match="CSRF_TRUSTED_ORIGINS must"):
        env.origins("CSRF_TRUSTED_ORIGINS", "")


def test_allowed_hosts_are_read_as_browsers_send_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", "Clip.Example.test., .Example.test, Bücher.example, *, [::1]")

    assert env.hosts("ALLOWED_HOSTS", "") == [
        "clip.example.test", ".example.test", "xn--bcher-kva.example", "*", "[::1]",
    ]  # fmt: skip


def test_address_among_the_allowed_hosts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", "https://clip.example.test")

    with pytest.raises(ImproperlyConfigured, match="ALLOWED_HOSTS must list host names"):
        env.hosts("ALLOWED_HOSTS", "")
