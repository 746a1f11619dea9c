"""Text length as TikTok counts it."""


def utf16_length(text: str) -> int:
    """Return the length in UTF-16 units, which TikTok's limits use: most emoji count two.

    https://developers.tiktok.com/doc/content-posting-api-reference-direct-post
    """
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
