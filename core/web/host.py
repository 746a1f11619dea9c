"""Redirects to BASE_URL: the session of another host name is unknown there."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect


def other_host(request: HttpRequest) -> HttpResponseRedirect | None:
    """Return the same page at BASE_URL for a visitor of another host name."""
    base = urlsplit(settings.BASE_URL)
    host = urlsplit(f"//{request.get_host()}").hostname
    return None if host == base.hostname else redirect(settings.BASE_URL + request.get_full_path())
