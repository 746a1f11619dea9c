"""Set the language of a signed-in person and record when their session was last seen, at each request."""

import time
from collections.abc import Callable
from typing import Final

from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation

from accounts.sessions import SIGNED_IN_AT, USED_ON, today

STEP_S: Final = 300
MOST_REMEMBERED: Final = 10_000


class LanguageMiddleware:
    """Answers in the language of the person's profile, where they have chosen one rather than the browser's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = getattr(request.user, "language", "")
        if language and translation.check_for_language(language):
            translation.activate(language)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)


class SessionActivityMiddleware:
    """Notes a session at most every five minutes per process.

    allauth's own middleware writes a row on every request, which pages that poll would turn into a steady stream of
    write locks.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._noted: dict[str, float] = {}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Note it before the page runs, so that the list shows this visit too."""
        key = request.session.session_key
        if key and self._is_due(key) and request.user.is_authenticated:
            UserSession.objects.create_from_request(request)
            self._noted[key] = time.monotonic()
        if key:
            _keep_alive(request)
        return self.get_response(request)

    def _is_due(self, key: str) -> bool:
        if len(self._noted) > MOST_REMEMBERED:
            self._noted.clear()
        noted = self._noted.get(key)
        return noted is None or time.monotonic() - noted > STEP_S


def _keep_alive(request: HttpRequest) -> None:
    """Move the idle session's end, once a day: a save writes back all of the session, and two at once lose one.

    An open page that only asks for news by itself does not keep its session alive.
    """
    if "HX-Request" in request.headers or SIGNED_IN_AT not in request.session:
        return
    if request.session.get(USED_ON) != today():
        request.session[USED_ON] = today()
