"""Input types of the API for accounts, shared by all routes that take them."""

from typing import Annotated

from pydantic import AfterValidator, Field, StrictStr
from pydantic_core import PydanticCustomError

from accounts.names import is_visible


def _usable_name(text: str) -> str:
    """Raises PydanticCustomError for a name that shows nothing."""
    name = text.strip()
    if not name or not is_visible(name):
        raise PydanticCustomError("not_visible", "Give it a name of visible characters.")
    return name


Name = Annotated[
    StrictStr, Field(max_length=80, json_schema_extra={"minLength": 1, "pattern": r"\S"}), AfterValidator(_usable_name)
]
