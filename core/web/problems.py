"""Errors of the REST API as RFC 9457 problem details with a stable ``code``."""

import json
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.functional import Promise
from django.utils.log import log_response
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from core.serving.front.problems import API_PREFIX as API_PREFIX
from core.serving.front.problems import CONTENT_TYPE as CONTENT_TYPE
from core.serving.front.problems import problem_body
from core.web.refusals import INVALID, UserRefusal
from core.web.refusals import FieldError as FieldError

MAX_ERRORS: Final = 20
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
# Codes for pydantic's findings; names of types and parsers all mean the same to a caller.
CODE_OF_FINDING: Final = {
    "missing": "required",
    "extra_forbidden": "unknown_field",
    "string_too_long": "too_long",
    "too_long": "too_long",
    "enum": "not_a_choice",
    "literal_error": "not_a_choice",
    "greater_than_equal": "out_of_range",
    "less_than_equal": "out_of_range",
    "int_parsing_size": "out_of_range",
    "int_from_float": "wrong_type",
    "string_unicode": "wrong_type",
}
WRONG_TYPE: Final = ("_type", "_parsing")
# Further values of a finding, under the terms of JSON Schema.
LIMITS: Final = {"max_length": "max_length", "ge": "minimum", "le": "maximum"}


class ApiProblem(UserRefusal):
    """A refusal that only the API makes, with its status; see ``UserRefusal``."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str | Promise,
        errors: Sequence[FieldError] = (),
        *,
        retry_after_s: int | None = None,
        **further: str | list[str],
    ) -> None:
        super().__init__(code, detail, errors=errors, status=status, retry_after_s=retry_after_s, **further)


def invalid(*errors: FieldError) -> ApiProblem:
    """Return 422 with the invalid fields."""
    return ApiProblem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", INVALID, errors)


def problem_response(
    status: int,
    code: str = "",
    detail: str | Promise = "",
    errors: Sequence[FieldError] = (),
    *,
    retry_after_s: int | None = None,
    **further: str | list[str],
) -> HttpResponse:
    """Return the answer for one problem; ``further`` are RFC 9457's extension members.

    The first 20 errors are listed; ``more_errors`` counts the rest.
    """
    body = problem_body(status, code or CODES.get(status, "error"), str(detail))
    body["errors"] = [error.as_json() for error in errors[:MAX_ERRORS]]
    if len(errors) > MAX_ERRORS:
        body["more_errors"] = len(errors) - MAX_ERRORS
    body |= {name: value for name, value in further.items() if value not in ("", None)}
    response = HttpResponse(json.dumps(body), status=status, content_type=CONTENT_TYPE)
    if retry_after_s is not None:
        response["Retry-After"] = str(retry_after_s)
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="Clipdesk"'
    return response


def install(api: NinjaAPI) -> None:
    """Answer every error of this API as a problem."""
    add: Any = api.add_exception_handler  # its types ask for handlers of classes as well as of errors
    add(UserRefusal, _on_refusal)
    add(ValidationError, _on_validation)
    add(AuthenticationError, lambda request, error: problem_response(401, detail=NO_KEY))
    add(PermissionDenied, lambda request, error: problem_response(403))
    add(Http404, lambda request, error: problem_response(404))
    add(HttpError, _on_http_error)


NO_SLASH: Final = _("URLs of this API don’t end with a slash.")
NO_KEY: Final = _("Send a valid API key as “Authorization: Bearer …”.")


def _on_refusal(request: HttpRequest, error: UserRefusal) -> HttpResponse:
    response = problem_response(
        error.status, error.code, error.detail, error.errors, retry_after_s=error.retry_after_s, **error.further
    )
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR and error.retry_after_s is not None:
        # It is temporary: Django would log it as an error of ours.
        log_response("%s: %s", error.code, request.path, response=response, request=request, level="warning")
    return response


def _on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Unwrap a parser's exception, which is more precise than ninja's wrapper."""
    if isinstance(error.__cause__, UserRefusal):
        return _on_refusal(request, error.__cause__)
    return problem_response(error.status_code, detail=str(error))


def _on_validation(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Answer pydantic's findings, each under the name of its field."""
    return _on_refusal(request, invalid(*(_field_error(item) for item in error.errors)))


def _field_error(finding: dict[str, Any]) -> FieldError:
    kind, known = str(finding["type"]), finding.get("ctx") or {}
    code = CODE_OF_FINDING.get(kind) or ("wrong_type" if kind.endswith(WRONG_TYPE) else kind)
    data = {word: known[name] for name, word in LIMITS.items() if name in known}
    return FieldError(_field(finding["loc"]), code, str(finding["msg"]), data)


def _field(location: Sequence[str | int]) -> str:
    """Shorten ``("body", "payload", "caption")`` to ``caption`` and ``("query", "state", 0)`` to ``state``."""
    if location[0] == "body":
        return ".".join(str(part) for part in location[2:]) or "body"
    return str(location[1])


class ApiProblemMiddleware:
    """Turns other failures under /api/v1/ (unknown address, wrong method, our own faults) into problems."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Replace an error page by problem details."""
        response = self.get_response(request)
        is_error = response.status_code >= HTTPStatus.BAD_REQUEST and request.path_info.startswith(API_PREFIX)
        if not is_error or response.get("Content-Type", "").startswith(CONTENT_TYPE):
            return response
        is_slashed = response.status_code == HTTPStatus.NOT_FOUND and request.path_info.endswith("/")
        problem = problem_response(response.status_code, detail=NO_SLASH if is_slashed else "")
        for name in KEPT_HEADERS:
            if name in response:
                problem[name] = response[name]
        return problem
