"""Answers of the server itself to API clients: the problem documents of the REST API, without Django."""

import json
from http import HTTPStatus
from typing import Any, Final

API_PREFIX: Final = "/api/v1/"
CONTENT_TYPE: Final = "application/problem+json"
CODES: Final = {
    400: "bad_request",
    408: "request_timeout",
    411: "length_required",
    431: "headers_too_large",
    503: "busy",
    507: "disk_full",
}


def problem_body(status: int, code: str, detail: str) -> dict[str, Any]:
    """Return the members that every problem has; the caller fills ``errors``."""
    title = _title(status)
    return {
        "type": "about:blank",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail or title,
        "errors": [],
    }


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:  # tus has statuses of its own
        return "Refused"


def own_answer(path: str, status: int, text: str) -> tuple[str, bytes]:
    """Return type and body of an answer without a view: a problem under the API, plain text elsewhere."""
    if not path.startswith(API_PREFIX):
        return "text/plain; charset=utf-8", f"{text}\n".encode()
    return CONTENT_TYPE, json.dumps(problem_body(status, CODES.get(status, "error"), text)).encode()
