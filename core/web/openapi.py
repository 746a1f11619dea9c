"""The OpenAPI document: ninja's description of the calls, plus every error of each call with its codes."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from ninja import NinjaAPI
from ninja.operation import Operation

from core.web.problems import CONTENT_TYPE

Json = dict[str, Any]
EXTRA: Final = "x-problems"
REQUIRED: Final = "x-required"


class KnownProblem(NamedTuple):
    """A problem that a call may answer: its status, its code, and its meaning to the caller."""

    status: int
    code: str
    meaning: str


def problems(*known: KnownProblem) -> Json:
    """Return ``openapi_extra`` of a call: its problems beside those of every call of its kind."""
    return {EXTRA: known}


ALWAYS: Final = (
    KnownProblem(400, "bad_request", "the host is not that of this installation, or the address cannot be read"),
    KnownProblem(401, "unauthorized", "the key is missing or not valid"),
    KnownProblem(403, "two_factor_required", "the key's creator must set up two-factor sign-in"),
    KnownProblem(403, "scope_missing", "the key does not have the scope"),
    KnownProblem(408, "request_timeout", "the request arrived too slowly"),
    KnownProblem(413, "too_large", "the body, or the query, is too long"),
    KnownProblem(429, "too_many_requests", "the key has used up its requests for this minute"),
    KnownProblem(431, "headers_too_large", "the headers are too long"),
    KnownProblem(500, "internal_error", "an internal error of Clipdesk"),
    KnownProblem(503, "busy", "too many requests at once"),
)
OF_AN_ID: Final = (KnownProblem(404, "not_found", "this instance has no such object"),)
OF_INPUT: Final = (KnownProblem(422, "invalid", "`errors` lists each invalid field and its problem"),)
OF_A_BODY: Final = (
    KnownProblem(400, "bad_request", "the body cannot be read, or the host is not that of this installation"),
    KnownProblem(411, "length_required", "the body has no Content-Length"),
    KnownProblem(415, "unsupported_media_type", "the Content-Type of the body is not supported"),
)
FORBIDDEN: Final = KnownProblem(403, "forbidden", "the role of the key's creator does not allow it")

JSON: Final = "application/json"
TEXT: Final[Json] = {"type": "string"}
COUNT: Final[Json] = {"type": "integer", "minimum": 0}
HEADERS: Final[Json] = {
    "RateLimit-Limit": {"description": "Requests per minute of this key.", "schema": COUNT},
    "RateLimit-Remaining": {"description": "Requests left in this minute.", "schema": COUNT},
    "RateLimit-Reset": {"description": "Seconds until the minute ends.", "schema": COUNT},
    "Retry-After": {"description": "Seconds to wait before trying again.", "schema": COUNT},
    "Location": {
        "description": "The URL of the new resource.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
}
LOCATION: Final[Json] = {"Location": {"$ref": "#/components/headers/Location"}}
RATES: Final = tuple(name for name in HEADERS if name.startswith("RateLimit-"))
COMES_AGAIN: Final = frozenset({423, 429, 503})
A_PROBLEM: Final[Json] = {"content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
SCHEMAS: Final[Json] = {
    "FieldError": {
        "title": "FieldError",
        "description": "The problem with one field. Some codes carry data, such as `next_valid` or `maximum`.",
        "type": "object",
        "required": ["field", "code", "message"],
        "properties": {
            "field": {**TEXT, "description": "The field as it was sent."},
            "code": {**TEXT, "description": "Stable; see the documentation for all."},
            "message": {**TEXT, "description": "For people."},
            "next_valid": {**TEXT, "description": "For `time_in_gap`: the next local time that exists."},
            "minimum": {"type": "integer"},
            "maximum": {"type": "integer"},
            "max_length": {"type": "integer"},
            "over": {
                "type": "integer",
                "description": "For `caption_too_long` and `title_too_long`: the number of characters over the limit.",
            },
            "position": {"type": "integer", "description": "Of a file: its position in `media_ids`, from 0."},
            "choices": {"type": "array", "items": TEXT},
        },
    },
    "Problem": {
        "title": "Problem",
        "description": "An error as problem details (RFC 9457).",
        "type": "object",
        "required": ["type", "title", "status", "code", "detail", "errors"],
        "properties": {
            "type": {**TEXT, "format": "uri-reference"},
            "title": TEXT,
            "status": {"type": "integer"},
            "code": {
                **TEXT,
                "description": "Stable. TikTok's own code if TikTok refuses; `tiktok_code` is then present.",
            },
            "detail": {**TEXT, "description": "For people."},
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldError"}},
            "more_errors": {"type": "integer", "description": "Errors that are not listed."},
            "state": {**TEXT, "description": "For a conflict: the current state."},
            "possible": {
                "type": "array",
                "items": TEXT,
                "description": "For `state_conflict`: the calls that this state allows.",
            },
            "allowed_at": {**TEXT, "format": "date-time", "description": "For `too_early`: the earliest time."},
            "tiktok_code": TEXT,
            "log_id": {**TEXT, "description": "TikTok's id of the answer, for its support."},
        },
    },
}


class ClipdeskApi(NinjaAPI):
    """ninja's API with short operation ids and a document that includes errors."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Return the view's name, which generated clients use."""
        return operation.view_func.__name__

    def get_openapi_schema(self, **options: Any) -> Any:
        document = super().get_openapi_schema(**options)
        schemas = document["components"]["schemas"]
        for path, calls in document["paths"].items():
            if calls.get("head") is calls.get("get"):
                calls.pop("head", None)  # every GET answers it; a client needs no second function
            for method, call in calls.items():
                _complete(path, call, has_content=method != "head")
                if method == "patch":
                    _drop_defaults(call, schemas)
        schemas.update(SCHEMAS)
        document["components"]["headers"] = HEADERS
        return document


def _complete(path: str, call: Json, *, has_content: bool) -> None:
    required = call.pop(REQUIRED, {})  # headers that are checked by hand, so that their absence gets a code of its own
    for parameter in call["parameters"]:
        if parameter["name"] in required:
            parameter |= {"required": True, "schema": required[parameter["name"]]}
    for status, response in call["responses"].items():
        response["headers"] = _headers(status, response.get("headers", {}))
    known = [*ALWAYS, *call.pop(EXTRA, ()), *_usual(path, call)]
    call["responses"] |= _responses(known, A_PROBLEM if has_content else {})


def _drop_defaults(call: Json, schemas: Json) -> None:
    """Remove defaults from PATCH bodies: generated clients would send them and overwrite stored values."""
    body = call["requestBody"]["content"].get(JSON, {"schema": {}})["schema"]
    for field in schemas.get(body.get("$ref", "").rpartition("/")[2], body).get("properties", {}).values():
        field.pop("default", None)


def _usual(path: str, call: Json) -> Iterable[KnownProblem]:
    """Return the problems of calls of this kind: with an id, with a query, with a body."""
    if "{" in path:
        yield from OF_AN_ID
    kinds = call.get("requestBody", {}).get("content", {})
    if kinds:
        yield from OF_A_BODY
    if JSON in kinds or any(parameter["in"] == "query" for parameter in call["parameters"]):
        yield from OF_INPUT


def _responses(known: Iterable[KnownProblem], content: Json) -> dict[int, Json]:
    by_status: defaultdict[int, dict[str, str]] = defaultdict(dict)
    for problem in known:
        by_status[problem.status][problem.code] = problem.meaning
    return {
        status: {
            "description": "; ".join(f"`{code}`: {meaning}" for code, meaning in sorted(codes.items())),
            "x-codes": sorted(codes),
            "headers": _headers(status, {}),
            **content,
        }
        for status, codes in sorted(by_status.items())
    }


def _headers(status: int, own: Json) -> Json:
    names = [*RATES, *(["Retry-After"] if status in COMES_AGAIN else [])]
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names} | own
