"""Context for every page's frame: the state of TikTok."""

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest

from tiktok.posts import quarantine

REAL_API: Final = "https://open.tiktokapis.com"


def tiktok(request: HttpRequest) -> dict[str, Any]:
    """Return the context for notes about TikTok on pages.

    ``is_simulated``: the server behind TikTok's API is not TikTok's, and every page says so. ``quarantined_since``:
    nothing is sent, and every page of an instance says so.
    """
    return {"is_simulated": settings.TIKTOK_API_BASE_URL != REAL_API, "quarantined_since": quarantine.since}
