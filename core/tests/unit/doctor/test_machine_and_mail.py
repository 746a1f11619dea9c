"""Disk, Redis and the email server."""

import shutil
import smtplib
import socket
from collections import namedtuple
from pathlib import Path

import pytest
from django.core.mail.backends.smtp import EmailBackend
from pytest_django import Settings

from core.doctor import machine, mail
from core.doctor.finding import Finding, State
from core.doctor.run import CheckContext

ONLINE = CheckContext(is_online=True, database_answers=False)
Usage = namedtuple("Usage", "total used free")


def first(findings: object) -> Finding:
    assert not isinstance(findings, str)
    return list(findings)[0]  # type: ignore[call-overload,no-any-return]  # noqa: RUF015


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.parametrize(
    ("free", "state"), [(500 * 1024**2, State.FAULT), (3 * 1024**3, State.WARNING), (50 * 1024**3, State.OK)]
)
def test_little_room_is_named(monkeypatch: pytest.MonkeyPatch, free: int, state: State) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**12, 0, free))

    found = first(machine.disk(ONLINE))

    assert (found.check, found.subject, found.state) == ("disk", "MEDIA_ROOT", state)
    assert bool(found.step) == (state != State.OK)


def test_place_that_cannot_be_written_is_a_fault(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings.MEDIA_ROOT = tmp_path / "file" / "media"

    found = first(machine.disk(ONLINE))

    assert (found.state, found.text) == (
        State.FAULT, f"Clipdesk can’t write to {tmp_path}/file/media (MEDIA_ROOT).",
    )  # fmt: skip
    assert "set MEDIA_ROOT to another directory" in found.step


@pytest.mark.parametrize(
    ("url", "step"),
    [
        ("redis://127.0.0.1:{port}/0", "Start Redis, and check host, port and password in REDIS_URL."),
        ("elsewhere", "Set it to redis://host:6379/0."),
    ],
)
def test_redis_that_does_not_answer_is_a_fault(settings: Settings, closed_port: int, url: str, step: str) -> None:
    settings.REDIS_URL = url.format(port=closed_port)

    found = first(machine.broker(ONLINE))

    assert (found.state, found.step) == (State.FAULT, step)


def test_without_redis_there_is_nothing_to_say(settings: Settings) -> None:
    settings.REDIS_URL = ""

    assert first(machine.broker(ONLINE)).state == State.OK


@pytest.mark.parametrize(
    ("url", "backend", "text"),
    [
        ("", "dummy",
         "No email server is set up: you have to send invitation links yourself, and no one gets email about failed"
         " posts."),
        ("consolemail://", "console", "EMAIL_URL names a backend that does not send email, so no one receives any."),
    ],
)  # fmt: skip
def test_email_backend_without_recipients_is_a_warning(settings: Settings, url: str, backend: str, text: str) -> None:
    settings.EMAIL_URL, settings.EMAIL_BACKEND = url, f"django.core.mail.backends.{backend}.EmailBackend"

    found = first(mail.set_up(ONLINE))

    assert (found.state, found.text) == (State.WARNING, text)
    assert found.step.startswith("Set EMAIL_URL")


def smtp(settings: Settings, port: int = 25) -> None:
    settings.EMAIL_URL, settings.EMAIL_BACKEND = "smtp://x", "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port


def test_mail_server_that_cannot_be_reached_is_a_fault(settings: Settings, closed_port: int) -> None:
    smtp(settings, closed_port)

    found = first(mail.set_up(ONLINE))

    assert (found.state, found.text) == (State.FAULT, "The email server cannot be reached.")


@pytest.mark.parametrize(
    ("error", "step"),
    [
        (smtplib.SMTPAuthenticationError(535, b"canary"), "Correct the user and password in EMAIL_URL and restart."),
        (smtplib.SMTPServerDisconnected(),
         "Try smtp+tls:// (587), smtp+ssl:// (465) or smtp:// (25) in EMAIL_URL."),
    ],
)  # fmt: skip
def test_mail_server_that_refuses_us_is_a_fault(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, error: Exception, step: str
) -> None:
    smtp(settings)

    def refuse(_self: EmailBackend) -> None:
        raise error

    monkeypatch.setattr(EmailBackend, "open", refuse)

    found = first(mail.set_up(ONLINE))

    assert (found.state, found.step) == (State.FAULT, step)
    assert "canary" not in str(found)


@pytest.mark.parametrize("sender", ["Clipdesk <clipdesk@localhost>", "nobody", "Desk <desk@example.com>"])
def test_sender_that_others_refuse_is_a_warning(settings: Settings, sender: str) -> None:
    settings.BASE_URL, settings.DEFAULT_FROM_EMAIL = "https://clip.aurora.de", sender
    settings.EMAIL_URL, settings.EMAIL_BACKEND = "consolemail://", "django.core.mail.backends.console.EmailBackend"

    found = {finding.check: finding for finding in mail.set_up(ONLINE)}["mail-sender"]

    assert (found.state, found.step) == (
        State.WARNING, "Set DEFAULT_FROM_EMAIL to an address of your own domain.",
    )  # fmt: skip
