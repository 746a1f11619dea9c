"""The browser and the system that a user agent names, for people: "Firefox on Windows".

The common ones are enough, in the order in which they have to be looked for: each browser also names those that it
imitates. The ua-parser package knows thousands, but takes a second and 8 MB for its first answer.
"""

import re
from typing import Final

from django.utils.translation import gettext as _

BROWSERS: Final = (
    ("Edg(e|A|iOS)?/", "Edge"),
    ("OPR/|OPiOS/|OPT/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("YaBrowser/", "Yandex Browser"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("DuckDuckGo/|Ddg/", "DuckDuckGo"),
    ("Firefox/|FxiOS/", "Firefox"),
    ("Chrome/|CriOS/|Chromium/", "Chrome"),
    ("Version/.*Safari/", "Safari"),
)
SYSTEMS: Final = (
    ("iPhone|iPod", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux|X11", "Linux"),
)


def browser_name(user_agent: str) -> str:
    """Return "Firefox on Windows", or the one of the two that is known; empty if neither is."""
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system


def _first(table: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for pattern, name in table if re.search(pattern, user_agent)), "")
