"""Form fields."""

from typing import Any

from django import forms

from core.text import with_line_feeds


class LinesField(forms.CharField):
    r"""Text of several lines, with one ``\n`` for each line break, as the browser counted it."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        r"""Replace the ``\r\n`` that browsers send."""
        return with_line_feeds(str(super().to_python(value) or ""))
