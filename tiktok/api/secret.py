"""A text that must not be shown: tokens, client secrets, upload URLs."""

import hmac
from typing import NoReturn, Self

MASK = "Secret(***)"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


class Secret:
    """Wraps a text so that printing, formatting or logging it shows a mask; ``reveal()`` returns it.

    Not hashable, since a dictionary of secrets would compare them in measurable time.
    """

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        return self.__text

    def __bool__(self) -> bool:
        return bool(self.__text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_bytes(self.__text), _bytes(other.__text))

    def __repr__(self) -> str:
        return MASK

    def __str__(self) -> str:
        return MASK

    def __format__(self, format_spec: str) -> str:
        return MASK

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Secret is not to be pickled")
