"""Read the input of the control API strictly, and return its lists."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin

from tiktok.simulator.messages import Json, Refusal

T = TypeVar("T")


def merged(make: Callable[..., T], hints: dict[str, Any], current: T | None, body: Json) -> T:
    """Return ``current`` (or a new item) with the fields of ``body``. Raises Refusal naming a bad field."""
    for name, value in body.items():
        if name not in hints:
            raise Refusal(400, "unknown_field", f"There is no field {name!r}")
        if not fits(value, hints[name]):
            raise Refusal(400, "wrong_type", f"{name!r} must be {hints[name]}")
    if current is not None:
        return replace(current, **body)  # type: ignore[type-var]
    try:
        return make(**body)
    except TypeError as error:
        raise Refusal(400, "missing_field", str(error)) from error


def fits(value: object, hint: Any) -> bool:
    if isinstance(hint, UnionType):
        return any(fits(value, option) for option in get_args(hint))
    if get_origin(hint) is list:
        return isinstance(value, list) and all(type(item) is get_args(hint)[0] for item in value)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is hint


def text(body: Json, name: str, default: str | None = None) -> str:
    value = body.get(name, default)
    if not isinstance(value, str):
        raise Refusal(400, "missing_field", f"{name!r} must be a text")
    return value


def whole(body: Json, name: str, default: int) -> int:
    value = body.get(name, default)
    if type(value) is not int:
        raise Refusal(400, "wrong_type", f"{name!r} must be a whole number")
    return value


def flag(body: Json, name: str) -> bool:
    value = body.get(name, False)
    if type(value) is not bool:
        raise Refusal(400, "wrong_type", f"{name!r} must be true or false")
    return value


def listed(items: Iterable[Any]) -> Json:
    return {"items": [asdict(item) for item in items]}


def matching(records: Iterable[Json], body: Json) -> Json:
    return {"items": [record for record in records if all(str(record.get(n)) == body[n] for n in body)]}
