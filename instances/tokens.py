"""Random tokens that are shown once and stored as their SHA-256."""

import hashlib
import secrets


def new_token() -> str:
    """Return the token of a link: 256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def hash_key(key: str) -> str:
    """How a token or an API key is stored: SHA-256 in hex. Both are random, so no slow hash is needed."""
    return hashlib.sha256(key.encode()).hexdigest()
