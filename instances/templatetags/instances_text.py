"""Words and marks of the instance pages."""

import zlib

from django import template

register = template.Library()

TILE_COLOURS = 8  # static/css/tokens.css has as many


@register.filter
def tile_colour(slug: str) -> str:
    """Return the CSS class of an instance's colour, which follows from its address and so never changes."""
    return f"tile-{zlib.crc32(slug.encode()) % TILE_COLOURS}"
