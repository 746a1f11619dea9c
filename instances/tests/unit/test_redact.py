"""Addresses that open something are masked in logs."""

import logging

import pytest

from instances.redact import RedactSecrets


@pytest.mark.parametrize(
    "path",
    [
        "/invite/CANARYCANARYCANARY1234/",
        "/auth/password/reset/key/1-CANARY-abcdef0123456789/",
        "/auth/confirm-email/Mw:1uMCANARY:abcdefghijklmnop/",
    ],
)
def test_a_path_with_a_token_is_masked(path: str) -> None:
    record = logging.LogRecord("x", logging.INFO, "x", 1, '"GET %s HTTP/1.1" 200', (path,), None)

    RedactSecrets().filter(record)

    assert "CANARY" not in record.getMessage()
