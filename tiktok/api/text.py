"""How TikTok counts text."""


def utf16_length(text: str) -> int:
    """Length in UTF-16 units, by which TikTok's limits go: most emoji count two.

    https://developers.tiktok.com/doc/content-posting-api-reference-direct-post
    """
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
