"""Pages that browsers fetch while the pointer is still pressed on a link, so that the click finds them there.

Browsers learn the rules from a file that each page names in a header, since the CSP allows no inline script
(docs/adr/0012-prefetch-on-press.md). A page that is only prefetched may never be seen: it must change nothing. So a
prefetch whose view would write to the database, change the session or consume a message is refused with 503; the
browser then opens the page the ordinary way.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from django.contrib.messages import get_messages
from django.contrib.messages.storage.base import BaseStorage
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

RULES_PATH: Final = "/speculation-rules.json"
READ: Final = re.compile(r"\s*(SELECT|SAVEPOINT|RELEASE|ROLLBACK|EXPLAIN|PRAGMA|SET|SHOW)\b", re.IGNORECASE)
#: Links that lead out of the page, to a file, to TikTok, or do something; the server refuses those that it is asked.
NEVER: Final = "[download], [target], [data-no-prefetch], [data-confirm], [hx-get], [hx-post]"
RULES: Final = {
    "prefetch": [
        {
            "source": "document",
            "where": {
                "and": [
                    {"href_matches": ["/i/*", "/instances/"]},
                    {
                        "not": {
                            "href_matches": ["/i/*/tiktok/*", "/i/*/file/*", "/i/*/notifications/*/", "/*\\?*account=*"]
                        }
                    },
                    {"not": {"selector_matches": NEVER}},
                ]
            },
            "eagerness": "conservative",
        }
    ]
}
GetResponse = Callable[[HttpRequest], HttpResponseBase]


class PrefetchRefused(Exception):
    """A page that is only prefetched would have changed something."""


class SpeculationMiddleware:
    """Innermost: names the rules on pages, and keeps prefetches from changing anything."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Refuse a prefetch that would have changed something; name the rules on other pages."""
        if is_prefetch(request):
            return self._prefetch(request)
        response = self.get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Speculation-Rules", f'"{RULES_PATH}"')
        return response

    def process_exception(self, _request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer for a view that tried to write."""
        return _refusal() if isinstance(error, PrefetchRefused) else None

    def _prefetch(self, request: HttpRequest) -> HttpResponseBase:
        was_modified = request.session.modified
        with connection.execute_wrapper(_refuse_writes):
            response = self.get_response(request)
        if request.session.modified == was_modified and not _touched_messages(request):
            return response
        request.session.modified = was_modified
        del request._messages  # type: ignore[attr-defined]  # MessageMiddleware then leaves what is stored as it is
        return _refusal()


def is_prefetch(request: HttpRequest) -> bool:
    """Return whether the browser only prepares this page; ``Sec-Purpose`` cannot be set by scripts."""
    return request.headers.get("Sec-Purpose", "").startswith("prefetch")


@require_GET
@cache_control(public=True, max_age=3600)
def speculation_rules(_request: HttpRequest) -> HttpResponse:
    """Answer with the rules that pages name in their header."""
    return JsonResponse(RULES, content_type="application/speculationrules+json")


def _refuse_writes(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    if not READ.match(sql):
        raise PrefetchRefused
    return execute(sql, params, many, context)


def _touched_messages(request: HttpRequest) -> bool:
    stored = get_messages(request)
    return isinstance(stored, BaseStorage) and (stored.added_new or bool(stored.used and len(stored)))


def _refusal() -> HttpResponse:
    response = HttpResponse(status=503)
    response._has_been_logged = True  # type: ignore[attr-defined]  # expected: no error for Django's log
    return response
