"""Filters of log lines: they remove secrets, and lines that a client forged."""

import logging
import re

SECRETS = re.compile(
    r"(?i)\b(?:act|rft|clt)\.[\w.!*%~-]{8,}"  # TikTok's token prefixes
    r"|(?<=upload_token=)[^&\s\"']+"
    r"|(?<=bearer )[\w.!*%~+/=-]+"
    r"|(?<=client_secret=)[^&\s\"']+"
    r"|(?<=/m/)[\w-]{16,}"
    r"|(?<=/invite/)[\w-]{16,}"
    r"|(?<=/connect/)[\w-]{16,}"
    r"|(?<=/password/reset/key/)[^/\s\"']+"
    r"|(?<=/email/change/)[\w-]{16,}"
    r"|(?<=/confirm-email/)[^/\s\"']{16,}"
    r"|\bcd_[a-z0-9]{6}_[\w-]{20,}"  # our API keys
)

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class OneLine(logging.Filter):
    """Filter for the access log: paths arrive decoded, and a line break in one could forge a line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the record, with control characters escaped."""
        record.msg = CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", record.getMessage())
        record.args = None
        return True


class RedactSecrets(logging.Filter):
    """Replaces anything like a token, a secret or a signed address; exceptions included."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the record, cleaned."""
        record.msg = SECRETS.sub("***", record.getMessage())
        record.args = None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = SECRETS.sub("***", record.exc_text)
        return True
