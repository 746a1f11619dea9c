"""Errors of the REST API as RFC 9457 problem details with a stable ``code``."""

import json
from collections.abc import Callable, Sequence
from http import HTTPStatus
from http.client import responses
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

API_PREFIX: Final = "/api/v1/"
CONTENT_TYPE: Final = "application/problem+json"
MAX_ERRORS: Final = 20
MAX_FIELD_CHARS: Final = 100
MAX_MESSAGE_CHARS: Final = 1_000
KEPT_HEADERS: Final = ("Allow", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
CODES: Final = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    411: "length_required",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "too_many_requests",
    500: "internal_error",
}


class ApiProblem(Exception):
    """An error with its status, a stable code, for input what is wrong with which field, and further members.

    ``retry_after_s``: in so many seconds it is worth another try.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        errors: Sequence[tuple[str, str]] = (),
        *,
        retry_after_s: int | None = None,
        **further: str,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.errors, self.further = status, code, detail, errors, further
        self.retry_after_s = retry_after_s


def problem_response(
    status: int, code: str = "", detail: str = "", errors: Sequence[tuple[str, str]] = (), **further: str
) -> HttpResponse:
    """The answer for one problem; ``errors`` are (field, message), ``further`` RFC 9457's extension members.

    The first 20 errors are listed; ``more_errors`` counts the rest.
    """
    title = responses.get(status, "Refused")  # tus has statuses of its own
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    body |= {"code": code or CODES.get(status, "error"), "detail": detail or title}
    body["errors"] = [
        {"field": field[:MAX_FIELD_CHARS], "message": message[:MAX_MESSAGE_CHARS]}
        for field, message in errors[:MAX_ERRORS]
    ]
    if len(errors) > MAX_ERRORS:
        body["more_errors"] = len(errors) - MAX_ERRORS
    body |= {name: value for name, value in further.items() if value}
    response = HttpResponse(json.dumps(body), status=status, content_type=CONTENT_TYPE)
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="Clipdesk"'
    return response


def install(api: NinjaAPI) -> None:
    """Answer every error of this API as a problem."""
    add: Any = api.add_exception_handler  # its types ask for handlers of classes as well as of errors
    add(ApiProblem, _on_problem)
    add(ValidationError, _on_validation)
    add(AuthenticationError, lambda request, error: problem_response(401, detail=NO_KEY))
    add(PermissionDenied, lambda request, error: problem_response(403))
    add(Http404, lambda request, error: problem_response(404))
    add(HttpError, _on_http_error)


NO_KEY: Final = "Send a valid API key as “Authorization: Bearer …”."


def _on_problem(request: HttpRequest, error: ApiProblem) -> HttpResponse:
    response = problem_response(error.status, error.code, error.detail, error.errors, **error.further)
    if error.retry_after_s is not None:
        response["Retry-After"] = str(error.retry_after_s)
    return response


def _on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """ninja wraps whatever its parser raises; ours says more."""
    if isinstance(error.__cause__, ApiProblem):
        return _on_problem(request, error.__cause__)
    return problem_response(error.status_code, detail=str(error))


def _on_validation(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """pydantic's findings, each under the name of its field."""
    errors = [(_field(item["loc"]), str(item["msg"]).removeprefix("Value error, ")) for item in error.errors]
    return problem_response(422, "invalid", "Some fields are not right.", errors)


def _field(location: Sequence[str | int]) -> str:
    """``("body", "payload", "caption")`` -> ``caption``, ``("query", "state", 0)`` -> ``state.0``."""
    if location[0] == "body":
        return ".".join(str(part) for part in location[2:]) or "body"
    return ".".join(str(part) for part in location[1:])


class ApiProblemMiddleware:
    """Whatever else fails under /api/v1/ (unknown address, wrong method, a fault of ours) is a problem too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Replace an error page by problem details; tus answers are left alone."""
        response = self.get_response(request)
        is_error = response.status_code >= HTTPStatus.BAD_REQUEST and request.path_info.startswith(API_PREFIX)
        if not is_error or _speaks_for_itself(response):
            return response
        problem = problem_response(response.status_code)
        for name in KEPT_HEADERS:
            if name in response:
                problem[name] = response[name]
        return problem


def _speaks_for_itself(response: HttpResponseBase) -> bool:
    return response.get("Content-Type", "").startswith(CONTENT_TYPE) or "Tus-Resumable" in response
