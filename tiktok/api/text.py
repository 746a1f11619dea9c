"""How TikTok counts text, and the line breaks it is sent."""


def utf16_length(text: str) -> int:
    """Length in UTF-16 units, by which TikTok's limits go: most emoji count two.

    https://developers.tiktok.com/doc/content-posting-api-reference-direct-post
    """
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def with_line_feeds(text: str) -> str:
    """Return ``text`` with every line break as one ``\\n``: forms send ``\\r\\n``, old programs a lone ``\\r``."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
