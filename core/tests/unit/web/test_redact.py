"""Addresses that open something are masked in logs."""

import logging

import pytest
from django.conf import settings

from core.web.redact import OneLine, RedactSecrets


@pytest.mark.parametrize(
    "path",
    [
        "/invite/CANARYCANARYCANARY1234/",
        "/connect/CANARYCANARYCANARY1234/",
        "/auth/password/reset/key/1-CANARY-abcdef0123456789/",
        "/auth/confirm-email/Mw:1uMCANARY:abcdefghijklmnop/",
    ],
)
def test_path_with_a_token_is_masked(path: str) -> None:
    record = logging.LogRecord("x", logging.INFO, "x", 1, '"GET %s HTTP/1.1" 200', (path,), None)

    RedactSecrets().filter(record)

    assert "CANARY" not in record.getMessage()


def test_path_cannot_forge_a_line_of_the_access_log() -> None:
    record = logging.LogRecord("x", logging.INFO, "x", 1, '"GET %s" 404', ("/no\nforged\x00\u2028line %s",), None)

    OneLine().filter(record)

    assert record.getMessage() == '"GET /no\\x0aforged\\x00\\x2028line %s" 404'
    assert settings.LOGGING["loggers"]["clipdesk.access"]["filters"] == ["one_line"]
