"""What every page's frame shows about TikTok."""

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest

from tiktok.posts import quarantine

REAL_API: Final = "https://open.tiktokapis.com"


def tiktok(request: HttpRequest) -> dict[str, Any]:
    """``is_simulated``: whatever speaks TikTok's API here is not TikTok, and every page says so.

    ``quarantined_since``: nothing is sent, and every page of an instance says so.
    """
    return {"is_simulated": settings.TIKTOK_API_BASE_URL != REAL_API, "quarantined_since": quarantine.since}
