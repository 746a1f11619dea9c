"""Who is sent away comes back to BASE_URL, where the session of another host name is unknown."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect


def other_host(request: HttpRequest) -> HttpResponseRedirect | None:
    """The same page at BASE_URL for somebody who came by another host name."""
    base = urlsplit(settings.BASE_URL)
    host = urlsplit(f"//{request.get_host()}").hostname
    return None if host == base.hostname else redirect(settings.BASE_URL + request.get_full_path())
