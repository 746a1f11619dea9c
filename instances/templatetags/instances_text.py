"""Words of the instance pages."""

from django import template

register = template.Library()


@register.filter
def audit_detail(detail: dict[str, object]) -> str:
    """An audit line's details as one line of text: "email: a@example.com · role: editor"."""
    return " · ".join(f"{name.replace('_', ' ')}: {_plain(value)}" for name, value in detail.items())


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return {True: "yes", False: "no", None: "–"}[value] if value is None or isinstance(value, bool) else str(value)
