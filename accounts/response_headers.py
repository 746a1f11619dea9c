"""Headers of every answer: no powers for pages, no other origin as reader, nothing kept by browsers and proxies."""

from collections.abc import Callable
from typing import Any, Final

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponseBase

# Browser features that pages never use; clipboard, full screen and picture in picture stay with us.
POWERS: Final = (
    "accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "hid", "idle-detection",
    "magnetometer", "microphone", "midi", "payment", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
ALWAYS: Final = {
    "Permissions-Policy": ", ".join(f"{power}=()" for power in POWERS),
    "Cross-Origin-Resource-Policy": "same-origin",
    # Views of public or unchanging content say otherwise themselves, and so do static files.
    "Cache-Control": "no-store, private",
}
# Includes pages kept for Back. Cookies end by Set-Cookie, and storage holds no more than the chosen theme.
CLEARED_AT_SIGN_OUT: Final = '"cache"'
SIGNED_OUT: Final = "clipdesk.signed_out"


@receiver(user_logged_out, dispatch_uid="clear-site-data")
def _note_sign_out(request: HttpRequest | None, **_signal: Any) -> None:
    if request is not None:
        request.META[SIGNED_OUT] = True


class ResponseHeadersMiddleware:
    """Outermost, so that errors, redirects and static files carry the headers too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add what the view has not set."""
        response = self.get_response(request)
        for name, value in ALWAYS.items():
            response.headers.setdefault(name, value)
        if request.META.get(SIGNED_OUT):
            response.headers["Clear-Site-Data"] = CLEARED_AT_SIGN_OUT
        return response
