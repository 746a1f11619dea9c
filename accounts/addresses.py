"""Addresses of this deployment: built from BASE_URL and compared with it, never with the host that a request names."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme


def at_base_url(url: str) -> str:
    """Return the same path and query at BASE_URL, ignoring the host of the given address."""
    parts = urlsplit(url)
    return settings.BASE_URL + parts.path + (f"?{parts.query}" if parts.query else "")


def is_own_address(target: str) -> bool:
    """Whether a redirect may follow ``target``: a path, or an address at BASE_URL's host; https where BASE_URL is."""
    base = urlsplit(settings.BASE_URL)
    return url_has_allowed_host_and_scheme(target, {base.netloc}, require_https=base.scheme == "https")


class BaseUrlHostMiddleware:
    """Answer 400 to every host or port but BASE_URL's.

    Django compares host names alone, so another port would pass; allauth counts failed sign-ins by host and port.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if _without_default_port(request.get_host()) != _without_default_port(urlsplit(settings.BASE_URL).netloc):
            raise DisallowedHost("This host is not that of BASE_URL.")
        return self.get_response(request)


def _without_default_port(netloc: str) -> str:
    return netloc.lower().removesuffix(":443")
