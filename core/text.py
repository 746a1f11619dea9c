"""Text as people type it and programs send it."""


def with_line_feeds(text: str) -> str:
    """Return ``text`` with every line break as one ``\\n``: forms send ``\\r\\n``, old programs a lone ``\\r``."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
