"""Which client a request came from, as far as the trusted proxies say."""

from instances.serving.front.environ import Environ


def client_of(environ: Environ, trusted_proxies: int) -> str:
    """Return the address that the outermost trusted proxy saw; without proxies, or without their header, the peer's."""
    peer = str(environ["REMOTE_ADDR"])
    hops = [hop.strip() for hop in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    if not trusted_proxies or not hops:
        return peer
    return str(hops[-min(trusted_proxies, len(hops))])
