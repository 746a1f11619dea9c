"""deploy/Caddyfile for one machine: a certificate of Caddy's own authority, loopback only."""

import re
from typing import Final

GLOBAL: Final = """\
	admin off
	local_certs
	skip_install_trust
	auto_https disable_redirects
	default_bind 127.0.0.1
"""
UPSTREAM: Final = re.compile(r"\bweb:8000\b")


class NoUpstream(ValueError):
    """The Caddyfile does not name the web service as expected."""


def local_caddyfile(text: str, upstream: str) -> str:
    """Return the Caddyfile with ``upstream`` (host:port) instead of the web service. Raises NoUpstream."""
    if not UPSTREAM.search(text):
        raise NoUpstream("deploy/Caddyfile does not name web:8000")
    text = UPSTREAM.sub(upstream, text)
    lines = text.splitlines(keepends=True)
    first = next((number for number, line in enumerate(lines) if line.strip() and not line.startswith("#")), 0)
    if lines[first].strip() == "{":
        return "".join([*lines[: first + 1], GLOBAL, *lines[first + 1 :]])
    return f"{{\n{GLOBAL}}}\n{text}"
