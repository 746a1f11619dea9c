"""Limits of request bodies of the REST API, checked before a body is read, and of the JSON in it."""

import json
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from types import MethodType
from typing import Any, Final, NoReturn, cast

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.operation import Operation
from ninja.params.models import BodyModel
from ninja.parser import Parser

from core.web.problems import ApiProblem, FieldError, invalid

JSON_MAX_BYTES: Final = 256 * 1024
# The largest sensible request has about thirty values, two levels deep.
MAX_VALUES: Final = 1_000
MAX_DEPTH: Final = 16
MULTIPART: Final = "multipart/form-data"

Run = Callable[..., HttpResponseBase]
Check = Callable[[HttpRequest], None]


def install(api: NinjaAPI) -> None:
    """Check the body of every operation of this API. Call it before routers are added."""
    api.parser = BoundedParser()
    api.add_decorator(note_check, mode="view")


def note_check(run: Run) -> Run:
    """Let ApiKeyAuth check the body once it knows that the key may do this, before ``run`` reads it."""
    check = _check_of(cast(Operation, cast(MethodType, run).__self__))

    @wraps(run)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.check_body = check  # type: ignore[attr-defined]
        return run(request, *args, **kwargs)

    return checked if check else run


def _check_of(operation: Operation) -> Check | None:
    """Return the check for the operation's body; None if it has none, or reads it in parts by tus."""
    content = (operation.openapi_extra or {}).get("requestBody", {}).get("content", {})
    if MULTIPART in content:
        return check_multipart
    return check_json if any(issubclass(model, BodyModel) for model in operation.models) else None


def check_json(request: HttpRequest) -> None:
    """Raise ApiProblem 411, 413 or 415 unless the body is JSON of an allowed size, or empty."""
    length = _length_of(request) or 0
    if length > JSON_MAX_BYTES:
        text = _("A JSON body can have at most %(size)d KiB.") % {"size": JSON_MAX_BYTES // 1024}
        raise ApiProblem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", text)
    is_json = request.content_type == "application/json" or (request.content_type or "").endswith("+json")
    if length and not is_json:
        text = _("Send JSON, with the header “Content-Type: application/json”.")
        raise ApiProblem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", text)


def check_multipart(request: HttpRequest) -> None:
    """Raise ApiProblem 400, 411 or 415 unless the body is a form that can hold a file."""
    if _length_of(request) is None:
        raise _length_required()
    if request.content_type != MULTIPART:
        text = _("Send the file as %(type)s, or upload it in parts with tus at /api/v1/media/uploads.")
        raise ApiProblem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", text % {"type": MULTIPART})
    if not (request.content_params or {}).get("boundary"):
        raise ApiProblem(HTTPStatus.BAD_REQUEST, "bad_request", _("The Content-Type header has no boundary."))


def _length_of(request: HttpRequest) -> int | None:
    """Return the announced length; None without one. Raises ApiProblem 411 for a chunked body of unknown length."""
    length = request.headers.get("Content-Length", "")
    if length.isascii() and length.isdigit():
        return int(length[:20])
    if "Transfer-Encoding" in request.headers:
        raise _length_required()
    return None


def _length_required() -> ApiProblem:
    text = _("Send the body with a Content-Length header, not chunked.")
    return ApiProblem(HTTPStatus.LENGTH_REQUIRED, "length_required", text)


class BoundedParser(Parser):
    """Parser of JSON that refuses bodies which would cause thousands of error messages."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the parsed body. Raises ApiProblem 400 or 422."""
        try:
            data = json.loads(request.body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise ApiProblem(HTTPStatus.BAD_REQUEST, "bad_request", _("The body is not valid JSON.")) from error
        check_shape(data)
        return data


def check_shape(data: object) -> None:
    """Raise ApiProblem 422 for JSON with too many values or too many levels."""
    count, level = 0, [data]
    for _depth in range(MAX_DEPTH):
        count += len(level)
        if count > MAX_VALUES:
            raise _unreasonable("too_many_values", _("The body can have at most %(most)d values."), MAX_VALUES)
        level = [child for value in level for child in _children(value)]
        if not level:
            return
    raise _unreasonable("too_deep", _("The body can be nested at most %(most)d levels deep."), MAX_DEPTH)


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _unreasonable(code: str, text: str, most: int) -> ApiProblem:
    return invalid(FieldError("body", code, text % {"most": most}, {"maximum": most}))


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
