"""Sizes of files as people read them, in decimal units as TikTok counts: 1 MB is 1,000,000 bytes."""

from django.utils.formats import number_format
from django.utils.html import avoid_wrapping
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def size_text(size_bytes: int) -> str:
    """Return "72.4 MB" on one line; whole kilobytes, one decimal place of a megabyte, two of a gigabyte."""
    return avoid_wrapping(_with_unit(size_bytes))


def _with_unit(size_bytes: int) -> str:
    if size_bytes < 1_000:
        return ngettext("%(n)d byte", "%(n)d bytes", size_bytes) % {"n": size_bytes}
    if size_bytes < 999_500:
        return _("%(n)s kB") % {"n": number_format(round(size_bytes / 1e3), 0)}
    if size_bytes < 999_950_000:
        return _("%(n)s MB") % {"n": number_format(round(size_bytes / 1e6, 1), 1)}
    return _("%(n)s GB") % {"n": number_format(round(size_bytes / 1e9, 2), 2)}
