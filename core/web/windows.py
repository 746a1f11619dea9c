"""The small window in which another site asks for consent: pages that open it, and pages inside it.

The opening page has to see when it is closed by hand, so the headers must not separate the two; the window's reference
to its opener is cut by the opener itself (connect.js), before the other site is loaded.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from django.http import HttpResponseBase

P = ParamSpec("P")
HEADER = "Cross-Origin-Opener-Policy"


def opens_window(view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
    """Decorate pages with a Connect or Reconnect button."""
    return _with_policy(view, "same-origin-allow-popups")


def inside_window(view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
    """Decorate our pages that the window shows."""
    return _with_policy(view, "unsafe-none")


def _with_policy(view: Callable[P, HttpResponseBase], policy: str) -> Callable[P, HttpResponseBase]:
    @wraps(view)
    def answer(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        response = view(*args, **kwargs)
        response.headers[HEADER] = policy
        return response

    return answer
